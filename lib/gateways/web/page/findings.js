// The doctor's findings, as the page shows them.

/** @import { Finding, Status } from "../../../doctor/finding.ts" */

/** From the worst to the best. @type {readonly Status[]} */
const ORDER = ["fault", "warning", "unknown", "pass"];

/**
 * Sorts findings: the worst first, else in the order of the doctor.
 *
 * @param {readonly Finding[]} findings
 */
export function worstFirst(findings) {
  return [...findings].sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));
}

/**
 * Sums findings up, in the words of `earshot doctor`.
 *
 * @param {readonly Finding[]} findings
 */
export function sumUp(findings) {
  const count = (/** @type {Status} */ status) => {
    const number = findings.filter((finding) => finding.status === status).length;
    return number === 0 ? [] : [`${number} ${status}${number === 1 ? "" : "s"}`];
  };
  const list = [...count("fault"), ...count("warning")];
  return list.length === 0 ? "Nothing is wrong that could be seen from here." : `Found: ${list.join(", ")}.`;
}

/**
 * Reads the answer of the server; what is no finding is left out.
 *
 * @param {unknown} answer
 * @returns {Finding[]}
 */
export function findingsOf(answer) {
  const list = Array.isArray(answer) ? answer : /** @type {any} */ (answer)?.findings;
  if (!Array.isArray(list)) return [];
  return list.filter((each) =>
    ORDER.includes(each?.status) && typeof each.check === "string" && typeof each.saw === "string"
  );
}
