import type { DatabaseSync } from "node:sqlite";
import { ipFromBytes, ipToBytes } from "../../protocol/ip_address.ts";
import type { Origin } from "../types.ts";
import { prepareAll } from "./rows.ts";

/** Most senders cached between transactions. */
const CACHED_MAX = 4096;

/** Sums of what a sender takes. */
export interface SenderUsage {
  /** Cost of its documents in the inbox, bytes. */
  bytes: number;
  /** Its files and folders in the inbox. */
  files: number;
  folders: number;
  /** Cost of its bodies and chats in the database, bytes. */
  held: number;
}

interface Sender extends SenderUsage {
  readonly id: string;
  known: boolean;
  /** Its address as counted; `from` is the one last reported. */
  address: string | null;
  from?: string;
}

const KEYS = ["bytes", "files", "folders", "held"] as const;

/** Sums for each sender; for all unknown ones together; and for those of each address. */
export class SenderTable {
  readonly #sql;
  readonly #cache = new Map<string, Sender>();
  readonly #changed = new Set<Sender>();
  #all = nothing();
  #unknown = nothing();
  #byAddress = new Map<string, SenderUsage>();

  constructor(db: DatabaseSync) {
    this.#sql = prepareAll(db, {
      select: "SELECT known, address, bytes, files, folders, held FROM sender WHERE id = ?",
      write:
        `INSERT INTO sender (id, known, address, bytes, files, folders, held) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
       ON CONFLICT (id) DO UPDATE SET known = ?2, address = ?3, bytes = ?4, files = ?5, folders = ?6, held = ?7`,
      sums:
        `SELECT known, address, sum(bytes) AS bytes, sum(files) AS files, sum(folders) AS folders, sum(held) AS held
       FROM sender GROUP BY known, address`,
      forget: `DELETE FROM sender WHERE bytes = 0 AND files = 0 AND folders = 0 AND held = 0
         AND id NOT IN (SELECT sender FROM partial)`,
    });
    this.#sum();
  }

  /** Sums of all senders, and of all unknown ones. */
  get all(): Readonly<SenderUsage> {
    return this.#all;
  }

  get unknown(): Readonly<SenderUsage> {
    return this.#unknown;
  }

  /** Sums of a sender. */
  of(id: string): Readonly<SenderUsage> {
    return this.#sender(id);
  }

  /** Tells whether a sender is known, by its last arrival. */
  isKnown(id: string): boolean {
    return this.#sender(id).known;
  }

  /** Returns the key of a sender's address, by its last arrival; undefined if it has none. */
  addressOf(id: string): string | undefined {
    return this.#sender(id).address ?? undefined;
  }

  /** Sums of the unknown senders from an address, or with this key of one. */
  from(address: string): Readonly<SenderUsage> {
    return this.#byAddress.get(addressKey(address)) ?? nothing();
  }

  /** Lists the addresses of unknown senders of whom anything is stored. */
  addresses(): Iterable<readonly [address: string, kept: Readonly<SenderUsage>]> {
    return this.#byAddress;
  }

  /** Records a sender's standing and address. */
  note(id: string, { known, address: from }: Origin): void {
    const sender = this.#sender(id);
    if (sender.known === known && sender.from === from) return;
    const address = from === undefined ? null : addressKey(from);
    sender.from = from;
    if (sender.known === known && sender.address === address) return;
    this.#count(sender, sender, -1);
    sender.known = known;
    sender.address = address;
    this.#count(sender, sender, 1);
    this.#changed.add(sender);
  }

  /** Adds to a sender's sums, or subtracts. */
  add(id: string, more: Partial<SenderUsage>): void {
    const sender = this.#sender(id);
    for (const key of KEYS) sender[key] += more[key] ?? 0;
    this.#count(sender, more, 1);
    this.#changed.add(sender);
  }

  /** Removes senders of whom nothing is stored. */
  forgetGone(): void {
    this.#sql.forget.run();
    this.#cache.clear();
  }

  /** Writes the changes; call at the end of each transaction. */
  flush(): void {
    for (const { id, known, address, bytes, files, folders, held } of this.#changed) {
      this.#sql.write.run(id, known ? 1 : 0, address, bytes, files, folders, held);
    }
    this.#changed.clear();
    if (this.#cache.size > CACHED_MAX) this.#cache.clear();
  }

  /** Reads the state from the database again after a rollback. */
  reset(): void {
    this.#changed.clear();
    this.#cache.clear();
    this.#sum();
  }

  #sender(id: string): Sender {
    let sender = this.#cache.get(id);
    if (!sender) {
      const row = this.#sql.select.get(id);
      sender = row
        ? { ...nothing(), ...row, id, known: row.known === 1, address: row.address as string | null }
        : { ...nothing(), id, known: true, address: null };
      this.#cache.set(id, sender);
    }
    return sender;
  }

  #count({ known, address }: Sender, more: Partial<SenderUsage>, sign: 1 | -1): void {
    const sums = [this.#all];
    if (!known) {
      sums.push(this.#unknown);
      if (address !== null) {
        const sum = this.#byAddress.get(address) ?? nothing();
        this.#byAddress.set(address, sum);
        sums.push(sum);
      }
    }
    for (const sum of sums) for (const key of KEYS) sum[key] += sign * (more[key] ?? 0);
    if (address === null) return;
    const sum = this.#byAddress.get(address);
    if (sum && KEYS.every((key) => sum[key] === 0)) this.#byAddress.delete(address);
  }

  #sum(): void {
    this.#all = nothing();
    this.#unknown = nothing();
    this.#byAddress = new Map();
    for (const row of this.#sql.sums.all()) {
      const address = row.address as string | null;
      const kept = Object.fromEntries(KEYS.map((key) => [key, Number(row[key])])) as unknown as SenderUsage;
      this.#count({ ...nothing(), id: "", known: row.known === 1, address }, kept, 1);
    }
  }
}

function nothing(): SenderUsage {
  return { bytes: 0, files: 0, folders: 0, held: 0 };
}

/** Returns the key of an address: for IPv6 its network, because one machine may have any number of addresses in it. */
export function addressKey(address: string): string {
  if (address !== lastAddress) [lastAddress, lastKey] = [address, keyOf(address)];
  return lastKey;
}

/** The last key that was computed: messages that arrive together usually have one source. */
let lastAddress = "";
let lastKey = "";

function keyOf(address: string): string {
  let bytes;
  try {
    bytes = ipToBytes(address);
  } catch {
    return address.toLowerCase();
  }
  const text = ipFromBytes(bytes);
  if (!text.includes(":")) return text;
  return [0, 2, 4, 6].map((i) => (bytes[i]! << 8 | bytes[i + 1]!).toString(16)).join(":");
}
