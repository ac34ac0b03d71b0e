import { ExitCode, UserError } from "../platform/user_error.ts";
import { foldLabel, isLabel, LABEL_RULE } from "../protocol/label.ts";

/** Key of the sets in the configuration file. */
export const SETS_KEY = "sets";

/** First character of a recipient that is a set. */
const MARK = "@";

/** A set of recipients that has a name. */
export interface RecipientSet {
  readonly name: string;
  /** Names and ids of peers. */
  readonly members: readonly string[];
}

/**
 * Reads the sets of a configuration file.
 *
 * @param fail makes the error for a sentence without its full stop
 */
export function readSets(given: unknown, fail: (what: string) => UserError): RecipientSet[] {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    const example = '{"class-7b": ["bob", "carol"]}';
    throw fail(
      `invalid value ${JSON.stringify(given)} for "${SETS_KEY}": expected an object like ${example}`,
    );
  }
  const sets: RecipientSet[] = [];
  for (const [name, members] of Object.entries(given)) {
    const shown = JSON.stringify(name);
    if (!isLabel(name)) throw fail(`invalid name ${shown} of a set: expected ${LABEL_RULE}`);
    if (sets.some((set) => foldLabel(set.name) === foldLabel(name))) throw fail(`duplicate set ${shown}`);
    if (!Array.isArray(members) || !members.every(isMember)) {
      const expected = "expected an array of names and ids of peers, without @ and all";
      throw fail(`invalid value ${JSON.stringify(members)} for the set ${shown}: ${expected}`);
    }
    sets.push({ name, members });
  }
  return sets;
}

function isMember(value: unknown): boolean {
  return typeof value === "string" && value !== "" && !value.startsWith(MARK) &&
    foldLabel(value) !== "all";
}

/**
 * Replaces each `@NAME` with the members of that set, and removes repeated recipients.
 *
 * @param file the configuration file, if there is one
 * @throws {UserError} exit code 2: there is no such set, or it has no members
 */
export function expandSets(
  targets: readonly string[],
  sets: readonly RecipientSet[],
  file: string | undefined,
): string[] {
  const all = targets.flatMap((target) => {
    if (!target.startsWith(MARK)) return [target];
    const name = foldLabel(target.slice(MARK.length));
    const set = sets.find((set) => foldLabel(set.name) === name);
    if (set === undefined) throw new UserError(unknownSet(target, sets, file), ExitCode.usage);
    if (set.members.length > 0) return set.members;
    throw new UserError(
      `The set ${MARK}${set.name} in ${file} is empty: name its members there.`,
      ExitCode.usage,
    );
  });
  const seen = new Set<string>();
  return all.filter((target) => !seen.has(foldLabel(target)) && seen.add(foldLabel(target)));
}

function unknownSet(target: string, sets: readonly RecipientSet[], file: string | undefined): string {
  const what = `There is no set ${JSON.stringify(target)}`;
  if (sets.length > 0) return `${what} in ${file}: it has ${sets.map(({ name }) => MARK + name).join(", ")}.`;
  const example = `"${SETS_KEY}": {"class-7b": ["bob", "carol"]}`;
  return file === undefined
    ? `${what}: there is no configuration file. Sets stand in earshot.jsonc in the state folder, as ${example}.`
    : `${what}: ${file} has no sets. Add them as ${example}.`;
}
