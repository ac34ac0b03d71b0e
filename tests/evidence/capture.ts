import { assert } from "@std/assert";
import type { Lan } from "../support/lan.ts";
import { Program } from "../support/program.ts";

/** Packets of one kind, seen on one interface. */
export interface PacketRow {
  /** Kind, or the two ends of a TCP connection. */
  readonly what: string;
  packets: number;
  /** Bytes that they carried. */
  bytes: number;
}

/** What tcpdump sees on the interface of a host. */
export class Capture implements AsyncDisposable {
  private constructor(
    private readonly lan: Lan,
    /** The host. */
    readonly host: string,
    private readonly path: string,
    private readonly program: Program,
  ) {}

  /** Starts to capture everything on `eth0` of a host. */
  static async start(lan: Lan, host: string): Promise<Capture> {
    const path = await Deno.makeTempFile({ prefix: "earshot-", suffix: ".pcap" });
    const command = ["tcpdump", "-i", "eth0", "-U", "-Z", "root", "-w", path];
    const program = new Program(lan.exec(host, command), "tcpdump", false);
    await program.waitForStderr(/listening on/);
    return new Capture(lan, host, path, program);
  }

  /** Ends it, and returns the packets by kind: discovery first, then each TCP connection. */
  async rows(): Promise<PacketRow[]> {
    await this.program.stop("SIGINT");
    const child = this.lan.exec(this.host, ["tcpdump", "-nn", "-q", "-r", this.path]);
    const { stdout } = await child.output();
    return summarize(new TextDecoder().decode(stdout).split("\n"));
  }

  /** Tells whether a text stands in what was captured. */
  async holds(text: string): Promise<boolean> {
    const bytes = await Deno.readFile(this.path);
    const seen = new TextDecoder("latin1").decode(bytes);
    assert(bytes.length > 1000, "nothing was captured");
    return seen.includes(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
    await Deno.remove(this.path);
  }
}

/** Sums up the lines of `tcpdump -nn -q`. */
export function summarize(lines: readonly string[]): PacketRow[] {
  const rows = new Map<string, PacketRow>();
  for (const line of lines) {
    const match = /^\S+ (IP6?) (\S+) > (\S+): (.*)$/.exec(line);
    if (!match) continue;
    const [, family, from, to, rest] = match as unknown as [string, string, string, string, string];
    const what = kindOf(family === "IP6" ? "IPv6" : "IPv4", from, to, rest);
    if (what === undefined) continue;
    const row = rows.get(what) ?? { what, packets: 0, bytes: 0 };
    row.packets++;
    row.bytes += Number(/(?:UDP, length|tcp) (\d+)/.exec(rest)?.[1] ?? 0);
    rows.set(what, row);
  }
  return [...rows.values()].toSorted((a, b) =>
    Number(a.what.startsWith("TCP")) - Number(b.what.startsWith("TCP")) || b.bytes - a.bytes
  );
}

function kindOf(family: string, from: string, to: string, rest: string): string | undefined {
  if (rest.startsWith("UDP")) {
    const isMulticast = /^(?:ff|2(?:2[4-9]|3\d)\.)/.test(to);
    return isMulticast ? `${family} multicast to ${addressOf(to)}` : `${family} UDP to one peer`;
  }
  if (rest.startsWith("tcp")) return `TCP ${[from, to].map(addressOf).toSorted().join(" and ")}`;
  return undefined;
}

/** Takes the port off, but for that of a service. */
function addressOf(end: string): string {
  const at = end.lastIndexOf(".");
  return end.slice(0, at);
}
