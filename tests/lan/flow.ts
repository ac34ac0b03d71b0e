import { assert, assertEquals } from "@std/assert";
import { pollUntil } from "../support/patience.ts";
import type { Program } from "../support/program.ts";
import { type LabHost, LONG } from "./lab.ts";

/** Pause between two documents, milliseconds. */
const EVERY = 50;
/** Name of the stream. */
const STREAM = "numbers";

/** Documents with the numbers 0, 1, 2, … that go from one host to another, in order, while a test changes the network. */
export class Flow implements AsyncDisposable {
  readonly #sending: Program;
  readonly #timer: ReturnType<typeof setInterval>;
  #next = 0;
  readonly #arrived: number[] = [];
  #read = 0;
  #isOver = false;

  private constructor(
    private readonly from: LabHost,
    private readonly to: LabHost,
    private readonly receiver: Program,
  ) {
    const options = ["--stream", STREAM, "--timeout", "120"];
    this.#sending = from.start(["send", "--lines", "-", "--to", to.name, ...options], { stdin: "piped" });
    void this.#sending.exitCode.then(() => this.#isOver = true);
    this.#timer = setInterval(() => void this.#sending.write(`${this.#next++}\n`).catch(() => {}), EVERY);
  }

  /** Starts to send, and waits until the first document has arrived. */
  static async start(from: LabHost, to: LabHost, receiver: Program): Promise<Flow> {
    const flow = new Flow(from, to, receiver);
    await flow.flows();
    return flow;
  }

  /** When each document arrived, milliseconds since 1970. */
  get #arrivals(): number[] {
    const { lines } = this.receiver;
    for (; this.#read < lines.length; this.#read++) {
      const line = lines[this.#read]!;
      if (!line.includes(`"stream":"${STREAM}"`)) continue;
      const { event, from, at } = JSON.parse(line);
      if (event === "document" && from.name === this.from.name) this.#arrived.push(at);
    }
    return this.#arrived;
  }

  /** Waits until a document has arrived that is given to send from now on; returns how long that took, milliseconds. */
  async flows(): Promise<number> {
    const since = Date.now();
    const number = this.#next;
    await pollUntil(
      () => this.#arrivals.length > number || this.#isOver,
      () => `number ${number} at ${this.to.name}, after ${this.#arrivals.length}`,
    );
    if (this.#isOver) throw new Error(`the sender ended: ${this.#sending.stdout}${this.#sending.stderr}`);
    return this.#arrivals[number]! - since;
  }

  /** Ends it. Every document has to be there exactly once, in order. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sending.endInput();
    const { code, stderr } = await this.#sending.ended(LONG);
    assertEquals(code, 0, stderr);
    const text = Object.values(this.to.received(this.from.name)).join("");
    assertEquals(text, Array.from({ length: this.#next }, (_, number) => `${number}\n`).join(""));
    assert(this.#next > 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#sending[Symbol.asyncDispose]();
  }
}
