import { joinBytes } from "../../platform/join_bytes.ts";
import type { Incoming, IncomingChat } from "../types.ts";
import type { Operation } from "./operations.ts";
import type { Result } from "./transactor.ts";

type Field = string | number | boolean | undefined | null;

/** Among the fields, in the place of a sender and its origin: those of the arrival before. */
const SAME = null;
/** Among the fields, in the place of whom a chat is for: it is a document. */
const DOCUMENT = null;

/**
 * Operations in the form that goes to the worker. Copying an object for each arrival would take longer than most else
 * that is done with it, so their fields form one array, and the bodies of documents one buffer.
 */
export interface PackedOperations {
  readonly count: number;
  /** Those that are no arrival of a chat or a whole document, by their indices. */
  readonly others: readonly (readonly [index: number, operation: Operation])[];
  readonly fields: readonly Field[];
  readonly bodies: Uint8Array<ArrayBuffer>;
}

/** Packs operations; copies the documents' bodies. */
export function packOperations(operations: readonly Operation[]): PackedOperations {
  const others: [number, Operation][] = [];
  const fields: Field[] = [];
  const bodies: Uint8Array[] = [];
  let before: Incoming | undefined;
  for (const [i, operation] of operations.entries()) {
    const item = operation.name === "receive" ? operation.args[0] : undefined;
    if (!item || item.kind === "large") {
      others.push([i, operation]);
      continue;
    }
    if (before && isSameOrigin(item, before)) fields.push(SAME);
    else fields.push(item.sender, item.senderName, item.from?.known, item.from?.address);
    before = item;
    fields.push(item.id, item.at, item.turn);
    if (item.kind === "chat") fields.push(item.to, item.text);
    else {
      const { name, stream, ask, re, code, body } = item;
      fields.push(DOCUMENT, name, stream, ask, re, code, body.length);
      bodies.push(body);
    }
  }
  return { count: operations.length, others, fields, bodies: joinBytes(bodies) };
}

function isSameOrigin({ sender, senderName, from }: Incoming, other: Incoming): boolean {
  return sender === other.sender && senderName === other.senderName && from?.known === other.from?.known &&
    from?.address === other.from?.address;
}

/** Returns the memory that goes to the worker along with the operations. */
export function memoryOf({ others, bodies }: PackedOperations): ArrayBuffer[] {
  const sent = others.flatMap(([, { name, args }]) => name === "noteSent" ? [args[0].bodies.buffer] : []);
  return [bodies.buffer, ...sent];
}

/** Returns the operations; the documents' bodies are views of one buffer. */
export function unpackOperations({ count, others, fields, bodies }: PackedOperations): Operation[] {
  const operations: Operation[] = [];
  let field = 0;
  // deno-lint-ignore no-explicit-any
  const next = () => fields[field++] as any;
  let sender = "";
  let senderName = "";
  let from: Incoming["from"];
  let start = 0;
  for (let i = 0, other = 0; i < count; i++) {
    if (others[other]?.[0] === i) {
      operations.push(others[other++]![1]);
      continue;
    }
    const first = next();
    if (first !== SAME) {
      sender = first;
      senderName = next();
      const [known, address] = [next(), next()];
      from = known === undefined ? undefined : { known, address };
    }
    const [id, at, turn, to] = [next(), next(), next(), next()];
    if (to !== DOCUMENT) {
      const chat: IncomingChat = { kind: "chat", sender, senderName, from, id, at, turn, to, text: next() };
      operations.push({ name: "receive", args: [chat] });
      continue;
    }
    const [name, stream, ask, re, code] = [next(), next(), next(), next(), next()];
    const body = bodies.subarray(start, start += next());
    const content = { id, at, turn, name, stream, ask, re, code, body };
    operations.push({ name: "receive", args: [{ kind: "document", sender, senderName, from, ...content }] });
  }
  return operations;
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
    const index = saved[i] as number;
    while (other < others.length && others[other]![0] < index) yield others[other++]!;
    yield [index, { value: { saved: true, duplicate: false, name: saved[i + 1], path: saved[i + 2] } }];
  }
  yield* others.slice(other);
}
