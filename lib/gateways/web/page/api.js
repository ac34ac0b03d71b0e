// Requests to `earshot web`. Each has its token, which came with the address.

import { readLines } from "./lines.js";

/** @import { Answer, CallName } from "../../../control/service.ts" */

const TOKEN_KEY = "earshot.token";

/** A request that failed. Its message is a sentence for people. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {number} [status] of the answer; 0 if there was none
   * @param {number} [exitCode] with which a command would end
   */
  constructor(message, status = 0, exitCode) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.exitCode = exitCode;
  }
}

/** Called when a request is refused because of its token. @type {Set<() => void>} */
const deniedListeners = new Set();

/** Calls `listener` when the token of this page is no longer the one of `earshot web`. @param {() => void} listener */
export function onDenied(listener) {
  deniedListeners.add(listener);
}

function tellDenied() {
  for (const listener of deniedListeners) listener();
}

/**
 * Takes the token out of an address: `#token=…`, maybe with a view after `&`.
 *
 * @param {string} hash
 * @returns {{ token: string, hash: string } | undefined} the token and the fragment that is left
 */
export function tokenIn(hash) {
  const found = /^#token=([\w-]{8,200})(?:&(.*))?$/.exec(hash);
  if (found === null) return undefined;
  return { token: found[1] ?? "", hash: found[2]?.startsWith("/") ? `#${found[2]}` : "#/talk" };
}

/** Keeps the token of the address for this tab, and takes it out of the address. Returns false if there is none. */
export function takeToken() {
  const found = tokenIn(location.hash);
  if (found !== undefined) {
    sessionStorage.setItem(TOKEN_KEY, found.token);
    history.replaceState(null, "", found.hash);
  }
  return token() !== "";
}

/** Returns the token; empty if there is none. */
export function token() {
  return sessionStorage.getItem(TOKEN_KEY) ?? "";
}

/**
 * Makes a call of the service.
 *
 * @template {CallName} C
 * @param {C} name
 * @param {Record<string, unknown>} [params] named as in the table of calls
 * @returns {Promise<Answer<C>>}
 * @throws {ApiError}
 */
export async function call(name, params = {}) {
  return await post(`/api/call/${name}`, params);
}

/**
 * Gets JSON.
 *
 * @param {string} path
 * @param {Readonly<Record<string, string | number | boolean | undefined | null | readonly string[]>>} [params] those
 *   that are undefined, null, false or empty are left out
 * @param {RequestInit} [init]
 * @returns {Promise<any>}
 * @throws {ApiError}
 */
export async function get(path, params = {}, init = {}) {
  return await jsonOf(await request(pathWith(path, params), init));
}

/**
 * Posts JSON, and returns the JSON of the answer.
 *
 * @param {string} path
 * @param {unknown} body
 * @param {RequestInit} [init]
 * @returns {Promise<any>}
 * @throws {ApiError}
 */
export async function post(path, body, init = {}) {
  const headers = { "content-type": "application/json" };
  return await jsonOf(await request(path, { ...init, method: "POST", headers, body: JSON.stringify(body) }));
}

/**
 * Calls `onLine` with each line of an answer of JSON lines, until it ends.
 *
 * @param {string} path
 * @param {RequestInit} init
 * @param {(value: any) => void} onLine
 * @throws {ApiError}
 */
export async function lines(path, init, onLine) {
  const { body } = await request(path, init);
  if (body === null) return;
  try {
    await readLines(body, onLine);
  } catch (error) {
    throw unanswered(error);
  }
}

/**
 * Sends a file as a document. `fetch` would not tell how much of the file is on the other side.
 *
 * @param {Blob} file
 * @param {Readonly<Record<string, string | number | boolean | undefined | null | readonly string[]>>} query of
 *   `/api/send`
 * @param {(line: any) => void} onLine gets `{"uploaded": bytes}`, then what becomes of it
 * @param {AbortSignal} signal ends it
 * @returns {Promise<void>}
 * @throws {ApiError}
 */
export async function upload(file, query, onLine, signal) {
  signal.throwIfAborted();
  const request = new XMLHttpRequest();
  const lines = new Lines(onLine);
  const isAnswer = () => request.status === 200;
  const readOn = () => isAnswer() && lines.read(request.responseText);
  await new Promise((resolve, reject) => {
    request.upload.onprogress = ({ loaded }) => onLine({ uploaded: loaded });
    request.onprogress = readOn;
    request.onload = () => {
      readOn();
      resolve(undefined);
    };
    request.onerror = () => reject(unanswered(undefined));
    request.onabort = () => reject(signal.reason);
    signal.addEventListener("abort", () => request.abort());
    request.open("POST", pathWith("/api/send", query));
    request.setRequestHeader("authorization", `Bearer ${token()}`);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.send(file);
  });
  if (isAnswer()) return;
  if (request.status === 401) tellDenied();
  throw await errorOf(new Response(request.responseText, { status: request.status }));
}

/** The lines of a text that grows. */
class Lines {
  #at = 0;

  /** @param {(line: any) => void} onLine */
  constructor(onLine) {
    this.onLine = onLine;
  }

  /**
   * Takes the lines that are complete by now.
   *
   * @param {string} text all of it
   */
  read(text) {
    for (let end; (end = text.indexOf("\n", this.#at)) >= 0; this.#at = end + 1) {
      const line = text.slice(this.#at, end);
      if (line.trim() !== "") this.onLine(JSON.parse(line));
    }
  }
}

/**
 * Makes a request with the token, and returns its answer.
 *
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<Response>}
 * @throws {ApiError} there is no answer, or one that is an error
 */
export async function request(path, init = {}) {
  let response;
  try {
    const headers = { ...init.headers, authorization: `Bearer ${token()}` };
    response = await fetch(path, { cache: "no-store", ...init, headers });
  } catch (error) {
    throw unanswered(error);
  }
  if (response.ok) return response;
  if (response.status === 401) tellDenied();
  throw await errorOf(response);
}

/**
 * Adds parameters to a path.
 *
 * @param {string} path
 * @param {Readonly<Record<string, string | number | boolean | undefined | null | readonly string[]>>} params those that
 *   are undefined, null, false or empty are left out, `true` is 1, a list is one for each
 */
export function pathWith(path, params) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    if (value === undefined || value === null || value === false || value === "") continue;
    if (Array.isArray(value)) { for (const each of value) query.append(key, each); }
    else query.append(key, value === true ? "1" : String(value));
  }
  const text = `${query}`;
  return text === "" ? path : `${path}?${text}`;
}

/**
 * Reads the error of an answer.
 *
 * @param {Response} response
 */
export async function errorOf(response) {
  const { status } = response;
  if (status === 401) {
    return new ApiError("earshot web was started anew: open the address that it prints now.", status);
  }
  /** @type {{ error?: unknown, exitCode?: unknown }} */
  let body = {};
  try {
    body = await response.json() ?? {};
  } catch { /* The status says enough. */ }
  const message = typeof body.error === "string" ? body.error : `The server answered with status ${status}.`;
  return new ApiError(message, status, typeof body.exitCode === "number" ? body.exitCode : undefined);
}

/** @param {Response} response */
async function jsonOf(response) {
  try {
    const text = await response.text();
    return text === "" ? undefined : JSON.parse(text);
  } catch (error) {
    throw unanswered(error);
  }
}

/**
 * @param {unknown} error
 * @returns {Error} an abort stays what it is
 */
function unanswered(error) {
  if (error instanceof DOMException && error.name === "AbortError") return error;
  return error instanceof ApiError
    ? error
    : new ApiError("earshot web does not answer. Is it still running?");
}
