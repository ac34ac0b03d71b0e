/** Characters that nobody sees, or that change how others are seen; but for those that join an emoji. */
const UNSEEN =
  /(?!(?<=\p{Extended_Pictographic}[\ufe0f\u{1f3fb}-\u{1f3ff}]?)\u200d\p{Extended_Pictographic})[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\u00ad\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\p{Noncharacter_Code_Point}]/gu;
/** @type {Readonly<Record<string, string>>} */
const SHORT = { "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * Splits a text into parts that can be seen as they are, and escapes for characters that could not.
 *
 * @param {string} text
 * @returns {{ text: string, escape: boolean }[]}
 */
export function visible(text) {
  /** @type {{ text: string, escape: boolean }[]} */
  const parts = [];
  let from = 0;
  for (const { 0: character, index } of text.matchAll(UNSEEN)) {
    if (index > from) parts.push({ text: text.slice(from, index), escape: false });
    const escape = SHORT[character] ?? escaped(character);
    const last = parts.at(-1);
    if (last?.escape && index === from) last.text += escape;
    else parts.push({ text: escape, escape: true });
    from = index + character.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from), escape: false });
  return parts;
}

/** @param {string} character */
function escaped(character) {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
  ).join("");
}
