import { nodeCrypto, sha256 } from "../platform/node_crypto.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";
import { decodeBase32, encodeBase32 } from "../protocol/base32.ts";
import { is } from "../protocol/fields.ts";

/** Length of a closed group's secret, bytes. */
export const GROUP_SECRET_BYTES = 16;
const CHECK_BYTES = 4;
const KEY_BYTES = 32;
/** Characters of `base32(secret ‖ check)`. */
const SECRET_CHARACTERS = (GROUP_SECRET_BYTES + CHECK_BYTES) * 8 / 5;

/** Description of valid group names, for messages. */
const GROUP_NAME_RULE = "1 to 32 of a-z, 0-9 and -";

/** Fault of a join code. The values are stable: the test vectors use them. */
export type JoinCodeProblem =
  /** Not `<name>.<32 characters of a-z and 2-7>`. */
  | "shape"
  /** The part before the dot is not a valid group name. */
  | "name"
  /** The check does not match: a character was mistyped. */
  | "check";

/** A join code that cannot be used, exit code 2. The message does not repeat the code: it is a secret. */
export class JoinCodeError extends UserError {
  constructor(readonly problem: JoinCodeProblem) {
    const cause = {
      shape: "it should look like lab.xxxxxxxx…, with 32 letters and digits after the dot",
      name: `before the dot there should be a group name of ${GROUP_NAME_RULE}`,
      check: "a letter or digit in it is wrong",
    }[problem];
    super(`This is not a join code: ${cause}; copy it again from \`earshot group show\`.`, ExitCode.usage);
  }
}

/** A closed group: only peers with its join code can enter. Printed or converted to JSON, it shows only its name. */
export class ClosedGroup {
  constructor(
    readonly name: string,
    /** Seals announcements; 32 bytes. */
    readonly announceKey: Uint8Array,
    /** Pre-shared key of sessions; 32 bytes. */
    readonly sessionKey: Uint8Array,
    /** The join code. */
    readonly code: string,
  ) {}

  toJSON(): { name: string } {
    return { name: this.name };
  }

  [Symbol.for("Deno.customInspect")](): string {
    return `ClosedGroup { name: ${JSON.stringify(this.name)} }`;
  }
}

/**
 * Checks a group name.
 *
 * @throws {UserError} invalid name (exit 2)
 */
export function requireGroupName(name: string): void {
  if (is.word(name)) return;
  throw new UserError(
    `A group cannot be called ${JSON.stringify(name)}: choose ${GROUP_NAME_RULE}.`,
    ExitCode.usage,
  );
}

/**
 * Makes the join code of a closed group (PROTOCOL.md 2.6).
 *
 * @param name 1 to 32 of `a-z 0-9 -`, else {@linkcode UserError} with exit code 2
 * @param secret 16 random bytes
 */
export function newJoinCode(name: string, secret: Uint8Array): string {
  requireGroupName(name);
  if (secret.length !== GROUP_SECRET_BYTES) throw new RangeError(`a secret has ${GROUP_SECRET_BYTES} bytes`);
  return `${name}.${encodeBase32(new Uint8Array([...secret, ...checkOf(name, secret)]))}`;
}

/**
 * Reads a join code and derives the group's keys (PROTOCOL.md 2.6). Space around the code and upper case are accepted,
 * because people type it.
 *
 * @throws {JoinCodeError}
 */
export function parseJoinCode(code: string): ClosedGroup {
  const plain = code.trim().replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const dot = plain.indexOf(".");
  const [name, letters] = [plain.slice(0, dot), plain.slice(dot + 1)];
  if (dot < 0 || letters.length !== SECRET_CHARACTERS || !/^[a-z2-7]*$/.test(letters)) {
    throw new JoinCodeError("shape");
  }
  if (!is.word(name)) throw new JoinCodeError("name");
  const bytes = decodeBase32(letters);
  const secret = bytes.subarray(0, GROUP_SECRET_BYTES);
  if (encodeBase32(checkOf(name, secret)) !== encodeBase32(bytes.subarray(GROUP_SECRET_BYTES))) {
    throw new JoinCodeError("check");
  }
  const key = (use: string) =>
    new Uint8Array(nodeCrypto().hkdfSync("sha256", secret, "earshot/1", `${use} ${name}`, KEY_BYTES));
  return new ClosedGroup(name, key("announce"), key("session"), plain);
}

function checkOf(name: string, secret: Uint8Array): Uint8Array {
  const hash = sha256().update("earshot join").update(name).update(secret).digest();
  return hash.subarray(0, CHECK_BYTES);
}
