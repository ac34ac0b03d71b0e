import { basename } from "../../platform/std_path.ts";
import { DOCUMENT_NAME, fitsHead, nameFault } from "../../peer/message_checks.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { NAME_MAX } from "../../protocol/limits.ts";
import { cutGraphemes } from "../../protocol/utf8.ts";

/** Path that a shell passes for `<(command)`. */
const DESCRIPTOR = /^\/(?:dev|proc\/self)\/fd\/\d+$/;

/** The extension, which stays when a name is shortened. */
const EXTENSION = /(?<=.)\.[\p{L}\p{N}_-]{1,16}$/u;

/** Name under which a document is sent. */
export interface SendableName {
  readonly name: string;
  /** True if it is not the full name of its file. */
  readonly isShortened: boolean;
}

/**
 * Returns the name under which a file is sent: its own, shortened if it is too long.
 *
 * @param source its name in messages
 * @param stream its stream: both names share the head of a frame
 * @throws {UserError} a name that cannot be sent
 */
export function nameOfFile(path: string, source: string, stream?: string): SendableName {
  const own = path === "-" || DESCRIPTOR.test(path) ? DOCUMENT_NAME : basename(path);
  const fault = nameFault(own, Infinity);
  const name = fault === undefined ? shortened(own, stream) : undefined;
  if (name !== undefined) return { name, isShortened: name !== own };
  throw new UserError(
    `${source}: its name ${
      fault ?? "is too long beside that of the stream"
    }. Rename it, or send it by itself with --name NAME.`,
    ExitCode.usage,
  );
}

/** Shortens a name at a character so that it fits, keeping its extension; undefined if nothing fits. */
function shortened(name: string, stream: string | undefined): string | undefined {
  const fits = (each: string) => nameFault(each, NAME_MAX) === undefined && fitsHead(each, stream);
  if (fits(name)) return name;
  const extension = EXTENSION.exec(name)?.[0] ?? "";
  const stem = name.slice(0, name.length - extension.length);
  for (let bytes = NAME_MAX; bytes > 0; bytes--) {
    const short = cutGraphemes(stem, bytes).trimEnd() + extension;
    if (fits(short)) return short;
  }
}
