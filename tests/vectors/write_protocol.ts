// Writes announcements.json, frames.json and json.json beside this file, the same bytes every time:
//   deno run -P=test tests/vectors/write_protocol.ts
// Every expected error is written down here by hand, never taken from a decoder.

import { announcementVectors } from "./protocol/announcements.ts";
import { jsonVectors } from "./protocol/documents.ts";
import { frameVectors } from "./protocol/frames.ts";

/** The text of each file by its name. */
export function protocolVectorFiles(): Record<string, string> {
  const files = {
    "announcements.json": announcementVectors(),
    "frames.json": frameVectors(),
    "json.json": jsonVectors(),
  };
  return Object.fromEntries(Object.entries(files).map(([name, vectors]) => [name, render(vectors)]));
}

/** JSON with bytes as hex, one line for each entry of a list. */
function render(vectors: Record<string, unknown>): string {
  const line = (value: unknown) =>
    JSON.stringify(value, (_key, inner) => inner instanceof Uint8Array ? inner.toHex() : inner);
  const sections = Object.entries(vectors).map(([name, value]) => {
    const text = Array.isArray(value) ? `[\n  ${value.map(line).join(",\n  ")}\n ]` : line(value);
    return ` ${line(name)}: ${text}`;
  });
  return `{\n${sections.join(",\n")}\n}\n`;
}

if (import.meta.main) {
  for (const [name, text] of Object.entries(protocolVectorFiles())) {
    Deno.writeTextFileSync(new URL(name, import.meta.url), text);
  }
}
