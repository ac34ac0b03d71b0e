import { LABEL_MAX } from "./limits.ts";

/**
 * Characters that no label contains, as ranges that every implementation copies: controls, spaces other than U+0020,
 * soft hyphen and other invisible characters, direction marks, surrogates, annotation characters, U+FFFE and U+FFFF,
 * and everything from U+E0000 on. They are numbers because Unicode's own classes change with its versions.
 */
const FORBIDDEN: readonly (readonly [number, number])[] = [
  [0x0000, 0x001f],
  [0x007f, 0x00a0],
  [0x00ad, 0x00ad],
  [0x034f, 0x034f],
  [0x061c, 0x061c],
  [0x115f, 0x1160],
  [0x1680, 0x1680],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x2000, 0x200f],
  [0x2028, 0x202f],
  [0x205f, 0x206f],
  [0x2800, 0x2800],
  [0x3000, 0x3000],
  [0x3164, 0x3164],
  [0xd800, 0xdfff],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfffb],
  [0xfffe, 0xffff],
  [0x1bca0, 0x1bca3],
  [0x1d173, 0x1d17a],
  [0xe0000, 0x10ffff],
];

/** Marks that stack on the character before them; many in a row make text unreadable. */
const STACKING: readonly (readonly [number, number])[] = [
  [0x0300, 0x036f],
  [0x0483, 0x0489],
  [0x0e31, 0x0e31],
  [0x0e34, 0x0e3a],
  [0x0e47, 0x0e4e],
  [0x1ab0, 0x1aff],
  [0x1dc0, 0x1dff],
  [0x20d0, 0x20ff],
  [0xfe20, 0xfe2f],
];

/**
 * Texts that are no label, in either case of A to Z: an id, `all`, and those that begin like a set of names, an option
 * or a sender without keys. A user who types one of these does not mean a name.
 */
const RESERVED = /^(?:[a-z2-7]{24}$|all$|[@-]|plain-)/i;

/** Beginnings that make a text {@linkcode RESERVED}, however often they are repeated. */
const RESERVED_BEGINNING = /^(?:[@-]|plain-)+/i;

/** The rule of {@linkcode isLabel} for error messages, to follow "must be" or "use". */
export const LABEL_RULE = "1 to 32 printable characters with no space at either end, " +
  'except "all", an id, or anything that begins with "@", "-" or "plain-"';

/** Most {@linkcode STACKING} marks in a row in a label; decomposed Vietnamese needs two. */
const STACKING_MAX = 2;

/** The same for text on the terminal, by Unicode's class of marks: here implementations may differ. */
const MARK_FLOOD = /(\p{M}{4})\p{M}+/gu;

/**
 * Characters that must not get from the network to a terminal: controls except newline and tab (and so every escape
 * sequence), line separators, direction embeddings, overrides and isolates, invisible characters that join nothing,
 * tags. Joiners, direction marks and variation selectors stay: emoji, Persian and Hebrew need them.
 */
const UNPRINTABLE =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\p{Cs}]/gu;

/**
 * Tells whether a text is a valid label: 1 to 32 characters (code points), none of them {@linkcode FORBIDDEN}; no space
 * at either end; no stacking mark at the beginning, and at most two in a row elsewhere; not {@linkcode RESERVED}.
 */
export function isLabel(text: string): boolean {
  // A character has at most two code units. This limits the work on a hostile text.
  if (text.length > 2 * LABEL_MAX || text.startsWith(" ") || text.endsWith(" ")) return false;
  let characters = 0;
  let marks = STACKING_MAX;
  for (const character of text) {
    const point = character.codePointAt(0)!;
    marks = within(point, STACKING) ? marks + 1 : 0;
    if (marks > STACKING_MAX || within(point, FORBIDDEN)) return false;
    characters++;
  }
  return characters > 0 && characters <= LABEL_MAX && !RESERVED.test(text);
}

/** Tells whether a text is the word for everybody, in any case; no peer can have that name. */
export function isEveryone(text: string): boolean {
  return text.toLowerCase() === "all";
}

/**
 * Makes a label of a host name, in NFC. Removes characters that cannot be shown. A reserved text loses its reserved
 * beginning and gets `-1` appended. Returns `peer` if nothing is left.
 */
export function cleanLabel(text: string): string {
  const cleaned = shown(text);
  if (!RESERVED.test(cleaned)) return cleaned || "peer";
  const rest = shown(cleaned.replace(RESERVED_BEGINNING, ""));
  return rest === "" ? "peer" : cleanLabel([...rest].slice(0, LABEL_MAX - 2).join("").trimEnd() + "-1");
}

/** Returns one spelling for labels that mean the same peer: NFC, letter case folded. */
export function foldLabel(text: string): string {
  // Via upper case, which unites variants that lower case keeps apart, such as final sigma or sharp s.
  return text.normalize("NFC").toUpperCase().toLowerCase().normalize("NFC");
}

/** Returns as much of a text as a label may show. */
function shown(text: string): string {
  const kept: string[] = [];
  let marks = STACKING_MAX;
  for (const character of text.slice(0, 16 * LABEL_MAX).normalize("NFC")) {
    if (kept.length === LABEL_MAX) break;
    const point = character.codePointAt(0)!;
    if (/\s/u.test(character)) {
      if (kept.length > 0 && kept.at(-1) !== " ") kept.push(" ");
      marks = STACKING_MAX;
    } else if (!within(point, FORBIDDEN)) {
      const stacks = within(point, STACKING);
      if (stacks && marks === STACKING_MAX) continue;
      marks = stacks ? marks + 1 : 0;
      kept.push(character);
    }
  }
  return kept.join("").trim();
}

/**
 * Makes text from the network safe for a terminal: it cannot move the cursor, change colours, titles or direction, be
 * invisible, or run over other lines. Characters are replaced visibly; newline and tab stay. CR LF becomes a newline.
 */
export function printable(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(UNPRINTABLE, visible).replace(MARK_FLOOD, "$1\ufffd");
}

/** Returns a visible replacement; Unicode has pictures of C0 controls and DEL. */
function visible(character: string): string {
  const point = character.codePointAt(0)!;
  if (point < 0x20) return String.fromCharCode(0x2400 + point);
  return point === 0x7f ? "\u2421" : "\ufffd";
}

function within(point: number, ranges: readonly (readonly [number, number])[]): boolean {
  return ranges.some(([from, to]) => point >= from && point <= to);
}
