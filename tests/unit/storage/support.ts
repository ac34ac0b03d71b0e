import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { History, type HistoryMessage } from "../../../lib/storage/history/history.ts";
import { openStorage, type Storage, type StorageOptions } from "../../../lib/storage/storage.ts";
import type {
  IncomingChat,
  IncomingDocument,
  IncomingLarge,
  PlacedDocument,
  ReceiveOutcome,
} from "../../../lib/storage/types.ts";
import { FakeClock } from "../../support/fake_clock.ts";

/** A peer's id made of one letter. */
export function peerId(letter: string): string {
  return letter.repeat(24);
}

/** A message id made of a number. */
export function messageId(n: number): string {
  return n.toString(32).toUpperCase().padStart(26, "0");
}

export const ALICE = peerId("a");
export const BOB = peerId("b");

/** A document from Alice, number `seq`, with what the test says otherwise. */
export function aDocument(
  seq: number,
  rest: Partial<Omit<IncomingDocument, "kind" | "body">> & { readonly body?: string } = {},
): IncomingDocument {
  return {
    kind: "document",
    sender: ALICE,
    senderName: "alice",
    id: messageId(seq),
    turn: 0,
    name: "reading.json",
    ...rest,
    body: new TextEncoder().encode(rest.body ?? `{"seq":${seq}}`),
  };
}

/** A chat message from Alice to all, number `seq`, with what the test says otherwise. */
export function aChat(seq: number, rest: Partial<Omit<IncomingChat, "kind">> = {}): IncomingChat {
  return {
    kind: "chat",
    sender: ALICE,
    senderName: "alice",
    id: messageId(seq),
    turn: 0,
    to: "all",
    text: `hello ${seq}`,
    ...rest,
  };
}

/** A large document from Alice, number `seq`, with what the test says otherwise. */
export function aLargeOf(
  seq: number,
  size: number,
  sha256: string,
  rest: Partial<Omit<IncomingLarge, "kind">> = {},
): IncomingLarge {
  const common = { kind: "large", sender: ALICE, senderName: "alice", name: "large.json" } as const;
  return { ...common, id: messageId(seq), size, sha256, ...rest };
}

/** Takes all of a large document. */
export async function takeLarge(
  storage: Storage,
  item: IncomingLarge,
  body: Uint8Array,
): Promise<ReceiveOutcome> {
  const intake = await storage.intake(item);
  if ("saved" in intake) return intake;
  while (intake.offset < body.length) {
    const outcome = await intake.write(body.slice(intake.offset, intake.offset + 256 * 1024));
    if (outcome) return outcome;
  }
  return await intake.finish();
}

/** Counts the statements that `work` has prepared, in whatever database of this thread. */
export function countPrepared(work: () => void): number {
  let methods = DatabaseSync.prototype;
  // The runtime's class may extend the one that has them.
  while (!Object.hasOwn(methods, "prepare")) methods = Object.getPrototypeOf(methods);
  const { prepare } = methods;
  let count = 0;
  methods.prepare = function (this: DatabaseSync, sql) {
    count++;
    return prepare.call(this, sql);
  };
  try {
    work();
  } finally {
    methods.prepare = prepare;
  }
  return count;
}

/** A place for stores, removed with everything in it when it goes out of scope; stores opened here are closed. */
export class Bench implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly warnings: string[] = [];
  /** Documents that were told to have got their place later than they were acknowledged. */
  readonly placed: PlacedDocument[] = [];
  readonly root: string;
  #open: Storage[] = [];
  #copies = 0;
  #state: string;

  constructor(root = Deno.makeTempDirSync({ prefix: "earshot-storage-" })) {
    this.root = root;
    this.#state = join(root, "state");
  }

  get state(): string {
    return this.#state;
  }

  get inbox(): string {
    return join(this.root, "inbox");
  }

  get database(): string {
    return join(this.#state, "earshot.db");
  }

  async open(options: Partial<StorageOptions> = {}): Promise<Storage> {
    const storage = await openStorage({
      state: this.state,
      inbox: this.inbox,
      quota: 1e9,
      warning: (code, message) => this.warnings.push(`${code}: ${message}`),
      placed: (document) => this.placed.push(document),
      clock: this.clock,
      ...options,
    });
    this.#open.push(storage);
    return storage;
  }

  /**
   * Goes on with what a power cut now would leave of the state; the stores opened so far stay with the old one. What is
   * in the inbox stays as it is.
   */
  cutPower(): void {
    const before = this.#state;
    this.#state = join(this.root, `state-${++this.#copies}`);
    Deno.mkdirSync(this.#state);
    for (const suffix of ["", "-wal"]) {
      Deno.copyFileSync(join(before, `earshot.db${suffix}`), `${this.database}${suffix}`);
    }
  }

  /** What the history has of received messages, newest first. */
  received(): HistoryMessage[] {
    using history = History.open(this.state, this.inbox)!;
    return [...history.received()];
  }

  /** Text of a file in the inbox. */
  read(path: string): string {
    return Deno.readTextFileSync(join(this.inbox, path));
  }

  write(path: string, text: string): void {
    Deno.writeTextFileSync(join(this.inbox, path), text);
  }

  /** Every file below the inbox by its path from there, with its text. */
  files(folder = this.inbox, prefix = ""): Record<string, string> {
    const found: Record<string, string> = {};
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      const path = join(folder, name);
      if (isDirectory) Object.assign(found, this.files(path, `${prefix}${name}/`));
      else found[prefix + name] = Deno.readTextFileSync(path);
    }
    return found;
  }

  async closeAll(): Promise<void> {
    for (const storage of this.#open) await storage.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.closeAll();
    await Deno.remove(this.root, { recursive: true });
  }
}
