import type { IncomingDocument } from "../types.ts";
import type { Operation } from "./operations.ts";
import type { Result } from "./transactor.ts";

type Field = string | number | boolean | undefined;

/** Fields of a document in a batch, in order; `length` is that of its body. */
const FIELDS = 13;

/**
 * Operations in the form that goes to the worker. Copying an object for each document would take longer than most else
 * that is done with it, so their fields form one array, and their bodies one buffer.
 */
export interface PackedOperations {
  /** Null in the place of a document. */
  readonly operations: readonly (Operation | null)[];
  readonly fields: readonly Field[];
  readonly bodies: Uint8Array<ArrayBuffer>;
}

/** Packs operations; copies the documents' bodies. */
export function packOperations(operations: readonly Operation[]): PackedOperations {
  const documents = operations.map(documentOf);
  const fields: Field[] = [];
  const bodies = new Uint8Array(documents.reduce((sum, each) => sum + (each?.body.length ?? 0), 0));
  let at = 0;
  for (const document of documents) {
    if (!document) continue;
    const { sender, senderName, from, id, at: sent, turn, name, stream, ask, re, code, body } = document;
    fields.push(sender, senderName, from?.known, from?.address, id, sent, turn, name, stream, ask, re, code);
    fields.push(body.length);
    bodies.set(body, at);
    at += body.length;
  }
  return { operations: operations.map((each, i) => documents[i] ? null : each), fields, bodies };
}

/** Returns the memory that goes to the worker along with the operations. */
export function memoryOf({ operations, bodies }: PackedOperations): ArrayBuffer[] {
  const sent = operations.flatMap((each) => each?.name === "noteSent" ? [each.args[0].bodies.buffer] : []);
  return [bodies.buffer, ...sent];
}

function documentOf({ name, args }: Operation): IncomingDocument | undefined {
  const [item] = args;
  return name === "receive" && (item as { kind: string }).kind === "document"
    ? item as IncomingDocument
    : undefined;
}

/** Returns the operations; the documents' bodies are views of one buffer. */
export function unpackOperations({ operations, fields, bodies }: PackedOperations): Operation[] {
  let field = 0;
  let start = 0;
  return operations.map((operation) => {
    if (operation) return operation;
    const [sender, senderName, known, address, id, at, turn, name, stream, ask, re, code, length] = fields
      // deno-lint-ignore no-explicit-any
      .slice(field, field += FIELDS) as any[];
    const body = bodies.subarray(start, start += length);
    const from = known === undefined ? undefined : { known, address };
    const content = { id, at, turn, name, stream, ask, re, code, body };
    const item: IncomingDocument = { kind: "document", sender, senderName, from, ...content };
    return { name: "receive", args: [item] };
  });
}

/** Results of operations by their indices in the batch, in the form that comes from the worker. */
export interface PackedResults {
  /** Index, name and path of documents that were saved now. */
  readonly saved: readonly (number | string | undefined)[];
  readonly others: readonly (readonly [index: number, result: Result])[];
}

/** Packs results, in the order of their indices. */
export function packResults(results: readonly (readonly [index: number, result: Result])[]): PackedResults {
  const saved: (number | string | undefined)[] = [];
  const others: (readonly [number, Result])[] = [];
  for (const [index, result] of results) {
    // deno-lint-ignore no-explicit-any
    const value = "value" in result ? result.value as any : undefined;
    if (value?.saved === true && value.duplicate === false) saved.push(index, value.name, value.path);
    else others.push([index, result]);
  }
  return { saved, others };
}

/** Yields the results, in the order of their indices. */
export function* unpackResults({ saved, others }: PackedResults): Generator<readonly [number, Result]> {
  let other = 0;
  for (let i = 0; i < saved.length; i += 3) {
    const [index, name, path] = saved.slice(i, i + 3);
    while (other < others.length && others[other]![0] < (index as number)) yield others[other++]!;
    yield [index as number, { value: { saved: true, duplicate: false, name, path } }];
  }
  yield* others.slice(other);
}
