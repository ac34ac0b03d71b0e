// Files that a plot is saved as.

import { post } from "./api.js";

/** How long a picture stays for the browser to save it, milliseconds. */
const PICTURE_MS = 10_000;

/**
 * Saves the points of streams as CSV.
 *
 * @param {readonly string[]} sources keys of the streams
 * @param {{ from?: number, to?: number }} range
 */
export async function savePoints(sources, { from, to }) {
  const { path } = await post("/api/plot/export", { sources, from, to });
  save(path, "");
}

/** Saves a picture of the plot of a stream. @param {Blob} picture @param {string} stream */
export function savePicture(picture, stream) {
  const url = URL.createObjectURL(picture);
  save(url, `earshot-${stream.replace(/[^\w.-]+/g, "_")}.png`);
  setTimeout(() => URL.revokeObjectURL(url), PICTURE_MS);
}

/** @param {string} url @param {string} name empty if the server names it */
function save(url, name) {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}
