import type { DatabaseSync } from "node:sqlite";
import { ipFromBytes, ipToBytes } from "../../protocol/ip_address.ts";
import type { Origin } from "../types.ts";
import { prepareAll } from "./rows.ts";

/** Senders held in memory between transactions. */
const CACHED_MAX = 4096;

/** Sums of what is kept of somebody. */
export interface SenderUsage {
  /** What documents in the inbox cost, bytes. */
  bytes: number;
  /** Files in the inbox, and folders. */
  files: number;
  folders: number;
  /** What bodies and chat in the database cost, bytes. */
  held: number;
}

interface Sender extends SenderUsage {
  readonly id: string;
  known: boolean;
  /** As it is counted, and as it was told last. */
  address: string | null;
  from?: string;
}

const KEYS = ["bytes", "files", "folders", "held"] as const;

/** Sums of what is kept of each sender, and of those together who are not known, in all and from each address. */
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

  /** Sums of everybody, and of all who are not known. */
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

  /** Tells whether a sender is known, as far as it was ever told. */
  isKnown(id: string): boolean {
    return this.#sender(id).known;
  }

  /** Sums of those from an address who are not known. */
  from(address: string): Readonly<SenderUsage> {
    return this.#byAddress.get(addressKey(address)) ?? nothing();
  }

  /** Addresses from which something is kept of senders who are not known. */
  addresses(): Iterable<readonly [address: string, kept: Readonly<SenderUsage>]> {
    return this.#byAddress;
  }

  /** A sender is known or not, and comes from there. */
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

  /** More is kept of a sender, or less. */
  add(id: string, more: Partial<SenderUsage>): void {
    const sender = this.#sender(id);
    for (const key of KEYS) sender[key] += more[key] ?? 0;
    this.#count(sender, more, 1);
    this.#changed.add(sender);
  }

  /** Forgets senders of whom nothing is kept. */
  forgetGone(): void {
    this.#sql.forget.run();
    this.#cache.clear();
  }

  /** Writes what changed. To be called at the end of each transaction. */
  flush(): void {
    for (const { id, known, address, bytes, files, folders, held } of this.#changed) {
      this.#sql.write.run(id, known ? 1 : 0, address, bytes, files, folders, held);
    }
    this.#changed.clear();
    if (this.#cache.size > CACHED_MAX) this.#cache.clear();
  }

  /** Back to what the database says: the transaction was rolled back. */
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

/** Key by which addresses are told apart: of IPv6 the network, for one machine may have any number of addresses in it. */
export function addressKey(address: string): string {
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
