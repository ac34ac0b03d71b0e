import { ExitCode, UserError } from "../../platform/user_error.ts";
import { JsonValidator } from "../../protocol/json_validator.ts";
import { Spool } from "../../storage/files/spool.ts";
import { type Context, remark } from "../command.ts";
import { type AddToSpool, type Document, readDocument } from "./document.ts";
import { remarkKeyboard } from "./input.ts";

/** Documents of a command that are held in memory, bytes; further ones go to the spool, however small. */
const HELD_MAX = 64 * 1024 * 1024;

/** The documents of a command, read and known to be good. What was checked is what is sent. */
export class Documents {
  readonly #spool: Spool;
  #documents: Document[] = [];
  #size = 0;
  #held = 0;

  constructor(state: string) {
    this.#spool = new Spool(state);
  }

  /** How many were taken. */
  get size(): number {
    return this.#size;
  }

  /** Copies a large document. */
  readonly copy: AddToSpool = (pieces) => this.#spool.add(pieces);

  /** Takes one more. */
  async add(document: Document): Promise<void> {
    this.#size++;
    const { content } = document;
    if (content instanceof Uint8Array && (this.#held += content.length) > HELD_MAX) {
      document = { ...document, content: await this.copy(wholeOf(content)) };
    }
    this.#documents.push(document);
  }

  /** Gives them away, one after another. */
  *handOver(): Generator<Document> {
    for (let next; (next = this.#documents.shift()) !== undefined;) yield next;
  }

  /** Removes the copies of those that were not handed over. */
  discard(): void {
    for (const { content } of this.#documents) if ("spool" in content) this.#spool.remove(content.spool);
    this.#documents = [];
  }
}

/**
 * Reads every file, and tells of each that cannot be sent.
 *
 * @throws {UserError} exit code 2, where that is one or more; nothing may be sent then
 */
export async function readAll(context: Context, files: readonly string[]): Promise<Documents> {
  const { config, interrupted } = context;
  const documents = new Documents(config.state);
  const remarks: string[] = [];
  const faults: UserError[] = [];
  const options = { name: config.documentName, stream: config.stream, interrupted };
  try {
    for (const file of files) {
      if (file === "-") remarkKeyboard(context);
      try {
        const spool = faults.length === 0 ? documents.copy : validateOnly;
        const document = await readDocument(file, spool, Deno.stdin, options);
        remarks.push(...document.remarks);
        if (faults.length === 0) await documents.add(document);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        faults.push(error);
      }
    }
    const last = faults.pop();
    if (last !== undefined) {
      for (const { message } of faults) context.err.line(`earshot: ${message}`);
      const nothing = files.length > 1 ? " Nothing was sent." : "";
      throw new UserError(`${last.message}${nothing}`, ExitCode.usage, { cause: last });
    }
  } catch (error) {
    documents.discard();
    throw error;
  }
  for (const text of remarks) remark(context, text);
  return documents;
}

/** Looks at a document that will not be sent. */
async function validateOnly(pieces: AsyncIterable<Uint8Array>): ReturnType<AddToSpool> {
  const validator = new JsonValidator();
  for await (const piece of pieces) validator.push(piece);
  validator.end();
  return { spool: "", size: 0, sha256: "" };
}

async function* wholeOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}
