// Which messages were read, kept over reloads in this browser.

/**
 * A place in a conversation: what comes after it is unread. The time counts for a message whose row is not known yet.
 *
 * @typedef {{ readonly row: number, readonly at: number }} Mark
 */

/**
 * @typedef {object} Marks
 * @property {number} base all up to this row is read
 * @property {Readonly<Record<string, Mark>>} of what is read beyond it, by conversation
 */

/** Most conversations with a mark of their own; then those that were read longest ago are taken as read. */
const MARKS_MAX = 300;

/**
 * Begins with what was kept, or with everything read that was there when this page came.
 *
 * @param {string | null} kept
 * @param {number} lastRow row of the message received last
 * @param {number} [firstRow] row of the one that was the last when this page came
 * @returns {Marks}
 */
export function openMarks(kept, lastRow, firstRow = lastRow) {
  /** @type {Marks} */
  const fresh = { base: Math.min(firstRow, lastRow), of: {} };
  try {
    const { base, of } = JSON.parse(kept ?? "");
    // A history that was restored or removed begins anew.
    if (!Number.isSafeInteger(base) || base > lastRow || typeof of !== "object" || of === null) return fresh;
    const marks = Object.entries(of).filter(([, mark]) =>
      Number.isSafeInteger(mark?.row) && mark.row <= lastRow && Number.isFinite(mark?.at)
    );
    return { base, of: Object.fromEntries(marks) };
  } catch {
    return fresh;
  }
}

/**
 * Tells whether a received message is unread.
 *
 * @param {Marks} marks
 * @param {string} conversation
 * @param {{ readonly row?: number, readonly at: number }} message
 */
export function isUnread({ base, of }, conversation, { row, at }) {
  const mark = of[conversation];
  if (row === undefined) return mark === undefined || at > mark.at;
  return row > base && (mark === undefined || row > mark.row);
}

/**
 * Marks a conversation as read up to a message.
 *
 * @param {Marks} marks
 * @param {string} conversation
 * @param {Mark} upTo
 * @returns {Marks} the same if it was read before
 */
export function withRead(marks, conversation, { row, at }) {
  const old = marks.of[conversation];
  if ((row <= marks.base || (old !== undefined && row <= old.row)) && (old !== undefined && at <= old.at)) {
    return marks;
  }
  const mark = { row: Math.max(row, old?.row ?? 0), at: Math.max(at, old?.at ?? 0) };
  const all = Object.entries({ ...marks.of, [conversation]: mark });
  if (all.length <= MARKS_MAX) return { base: marks.base, of: Object.fromEntries(all) };
  const oldest = all.sort(([, a], [, b]) => a.row - b.row)[0];
  return {
    base: Math.max(marks.base, oldest?.[1].row ?? 0),
    of: Object.fromEntries(all.slice(1)),
  };
}
