import { join } from "../platform/std_path.ts";
import { isNodeId } from "../identity/node_id.ts";
import { isPrivate, largestCrowd } from "../net/addresses.ts";
import type { Address } from "../net/types.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import { syncData } from "../platform/sync.ts";
import { isLabel } from "../protocol/label.ts";

/** Most addresses in the book, and of one peer in one group. */
const ADDRESSES_MAX = 64;
const ADDRESSES_EACH = 2;
/** Largest file that is read, bytes. */
const BOOK_MAX = 256 * 1024;
/** An address that was noted within this time is not written again, milliseconds. */
const FRESH_MS = 3_600_000;
/** How long changes are collected before they are written, milliseconds. */
const WRITE_AFTER_MS = 5_000;

/** An address at which a session proved a peer to be. */
export interface KnownAddress extends Address {
  /** Group in which it was met. */
  readonly group: string;
  readonly id: string;
  readonly name: string;
  /** When, milliseconds since 1970. */
  readonly at: number;
}

/**
 * Addresses of peers that were met, in a file of the state folder: at most 64, at most two of a peer, in private ranges
 * only. They are hints: a file that is damaged counts as empty, and one that cannot be written is left alone.
 */
export class AddressBook {
  #entries: readonly KnownAddress[];
  #timer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** @param path the file; it need not exist */
  constructor(private readonly path: string, private readonly clock: Clock) {
    const now = Math.round(clock.wall());
    // A clock that was wrong must not keep what comes later out.
    this.#entries = bounded(read(path).map((entry) => ({ ...entry, at: Math.min(entry.at, now) })));
  }

  /** Lists the addresses of a group by peer, those met last first. */
  of(group: string): ReadonlyMap<string, readonly KnownAddress[]> {
    return Map.groupBy(this.#entries.filter((entry) => entry.group === group), ({ id }) => id);
  }

  /**
   * Notes where a peer was met, unless the address is of no private range, or was noted within an hour. It is written
   * within 5 s.
   */
  note(met: Omit<KnownAddress, "at">): void {
    if (this.#isClosed || !isPrivate(met.host)) return;
    const isSame = (entry: KnownAddress) =>
      entry.group === met.group && entry.id === met.id && entry.host === met.host;
    const at = Math.round(this.clock.wall());
    const known = this.#entries.find(isSame);
    const isFresh = known !== undefined && Math.abs(at - known.at) < FRESH_MS;
    if (isFresh && known.port === met.port && known.name === met.name) return;
    const entry = { ...met, at };
    this.#entries = bounded([entry, ...this.#entries.filter((old) => !isSame(old))]);
    this.#timer ??= this.clock.after(WRITE_AFTER_MS, () => this.#write());
  }

  /** Removes the addresses of a peer, of all groups. Resolves once they are no longer in the file, if it can be written. */
  async forget(id: string): Promise<void> {
    const others = this.#entries.filter((entry) => entry.id !== id);
    if (this.#isClosed || others.length === this.#entries.length) return;
    this.#entries = others;
    this.#write();
    await this.#writing;
  }

  /** Writes what is not written yet, and notes nothing more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer) this.#write();
    await this.#writing;
  }

  #write(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const text = `[\n${this.#entries.map((entry) => JSON.stringify(entry)).join(",\n")}\n]\n`;
    this.#writing = this.#writing.then(() => replace(this.path, text).catch(() => {}));
  }
}

/** Returns the path of the book of a state folder. */
export function addressFile(state: string): string {
  return join(state, "addresses.json");
}

/** Lists the addresses that the book of a state folder has, those met last first. */
export function readAddresses(state: string): readonly KnownAddress[] {
  return bounded(read(addressFile(state)));
}

/** The newest first, as many as there is room for; a host with many ids takes none from others. */
function bounded(entries: readonly KnownAddress[]): KnownAddress[] {
  const counts = new Map<string, number>();
  const kept = entries.toSorted((a, b) => b.at - a.at).filter(({ group, id }) => {
    const count = (counts.get(`${group} ${id}`) ?? 0) + 1;
    counts.set(`${group} ${id}`, count);
    return count <= ADDRESSES_EACH;
  });
  while (kept.length > ADDRESSES_MAX) {
    const crowd = largestCrowd(kept, ({ host }) => host);
    kept.splice(kept.indexOf((crowd.length > 1 ? crowd : kept).at(-1)!), 1);
  }
  return kept;
}

function read(path: string): KnownAddress[] {
  try {
    if (Deno.statSync(path).size > BOOK_MAX) return [];
    const entries: unknown = JSON.parse(Deno.readTextFileSync(path));
    return Array.isArray(entries) ? entries.filter(isEntry) : [];
  } catch {
    return [];
  }
}

function isEntry(value: unknown): value is KnownAddress {
  const { group, id, name, host, port, at } = (value ?? {}) as Record<string, unknown>;
  return typeof group === "string" && typeof id === "string" && isNodeId(id) &&
    typeof name === "string" && isLabel(name) && typeof host === "string" && isPrivate(host) &&
    Number.isInteger(port) && (port as number) >= 1 && (port as number) <= 65_535 && Number.isSafeInteger(at);
}

/** Replaces a file without holding up anything else: after a crash it has the old content or the new one. */
async function replace(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await Deno.open(temporary, { write: true, create: true, truncate: true, mode: 0o600 });
  try {
    const bytes = new TextEncoder().encode(text);
    for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
    await syncData(file);
  } finally {
    file.close();
  }
  await Deno.rename(temporary, path);
}
