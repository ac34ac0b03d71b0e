/** What is counted for what is kept, so that the sums are near to what a disk has to have for it. */

/** A file takes whole blocks, bytes. */
const BLOCK_BYTES = 4096;
/** A row of the history with its entries in indexes, and what a folder keeps for a file, roughly, bytes. */
export const ROW_BYTES = 256;

/** What a document costs that is a file of its own. */
export function fileCost(size: number): number {
  return Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES + ROW_BYTES;
}

/** What a document costs that is a line of a stream's file. */
export function lineCost(size: number): number {
  return size + 1 + ROW_BYTES;
}

/** The same in SQL, of a row `m` of message. */
export const COST_SQL = `iif(m.stream_file IS NULL, (m.size + ${
  BLOCK_BYTES - 1
}) / ${BLOCK_BYTES} * ${BLOCK_BYTES},
  m.size + 1) + ${ROW_BYTES}`;

/** What a row of the history costs with a body or text of so many bytes. */
export function heldCost(bytes: number): number {
  return bytes + ROW_BYTES;
}
