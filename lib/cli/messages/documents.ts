import { ExitCode, UserError } from "../../platform/user_error.ts";
import { JsonValidator } from "../../protocol/json_validator.ts";
import { Spool } from "../../storage/files/spool.ts";
import { type Context, remark } from "../command.ts";
import { type AddToSpool, type Document, readDocument } from "./document.ts";
import { remarkKeyboard } from "./input.ts";

/** Most bytes of a command's documents in memory; further ones go to the spool, however small. */
const HELD_MAX = 64 * 1024 * 1024;

/** The documents of a command, all read and checked. The bytes that were checked are sent. */
export class Documents {
  readonly #spool: Spool;
  #documents: Document[] = [];
  #held = 0;

  /** @param state state folder of the profile */
  constructor(state: string) {
    this.#spool = new Spool(state);
  }

  /**
   * Reads all files, and reports each that cannot be sent.
   *
   * @throws {UserError} exit code 2 if there is any; then nothing may be sent
   */
  static async read(context: Context, files: readonly string[]): Promise<Documents> {
    const documents = new Documents(context.config.state);
    try {
      await documents.#read(context, files);
    } catch (error) {
      documents.discard();
      throw error;
    }
    for (const text of documents.#documents.flatMap(({ remarks }) => remarks)) remark(context, text);
    return documents;
  }

  /** Number of documents left to hand over. */
  get size(): number {
    return this.#documents.length;
  }

  /** Adds a document. */
  async add(document: Document): Promise<void> {
    const { content } = document;
    if (content instanceof Uint8Array && (this.#held += content.length) > HELD_MAX) {
      document = { ...document, content: await this.#spool.add(ReadableStream.from([content])) };
    }
    this.#documents.push(document);
  }

  /** Yields the documents, which are then the caller's. */
  *handOver(): Generator<Document> {
    for (let next; (next = this.#documents.shift()) !== undefined;) yield next;
  }

  /** Removes the copies of documents that were not handed over. */
  discard(): void {
    for (const { content } of this.handOver()) if ("spool" in content) this.#spool.remove(content.spool);
  }

  async #read(context: Context, files: readonly string[]): Promise<void> {
    const { config, err, interrupted } = context;
    const options = { name: config.documentName, stream: config.stream, interrupted };
    const faults: UserError[] = [];
    for (const file of files) {
      if (file === "-") remarkKeyboard(context);
      const spool: AddToSpool = faults.length === 0 ? (pieces) => this.#spool.add(pieces) : validateOnly;
      try {
        const document = await readDocument(file, spool, Deno.stdin, options);
        if (faults.length === 0) await this.add(document);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        faults.push(error);
      }
    }
    const last = faults.pop();
    if (last === undefined) return;
    for (const { message } of faults) err.line(`earshot: ${message}`);
    const nothing = files.length > 1 ? " Nothing was sent." : "";
    throw new UserError(`${last.message}${nothing}`, ExitCode.usage, { cause: last });
  }
}

/** Checks a document that will not be sent. */
async function validateOnly(pieces: AsyncIterable<Uint8Array>): ReturnType<AddToSpool> {
  const validator = new JsonValidator();
  for await (const piece of pieces) validator.push(piece);
  validator.end();
  return { spool: "", size: 0, sha256: "" };
}
