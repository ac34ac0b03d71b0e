// The HTTP of the plain gateway on a loopback port, in front of a door that remembers what came through it.

import { createHttp, type HttpOptions } from "../../lib/gateways/plain/http.ts";
import { TcpNet } from "../../lib/net/tcp.ts";
import type { Door, PlainDocument, Taken } from "../../lib/peer/door.ts";
import { systemClock } from "../../lib/platform/clock.ts";
import { patient } from "./patience.ts";

/** A document that came through. */
export interface Came {
  readonly from: string;
  readonly name: string;
  readonly id: string;
  readonly text: string;
}

/** A door that takes complete JSON, knows repeated ids, and refuses as a test says. */
export class FakeDoor implements Pick<Door, "document"> {
  readonly came: Came[] = [];
  /** Documents that began and neither came nor failed yet. */
  open = 0;
  refuse: (Taken & { taken: false }) | undefined;

  async document(from: string, document: PlainDocument): Promise<Taken> {
    this.open++;
    try {
      const text = await textOf(document.body);
      if (this.refuse) return this.refuse;
      const id = document.id ?? `01J${String(this.came.length).padStart(23, "0")}`;
      if (this.came.some((each) => each.id === id)) return { taken: true, id, duplicate: true };
      try {
        JSON.parse(text);
      } catch {
        return { taken: false, code: "not-json", why: "the document is not JSON" };
      }
      this.came.push({ from, name: document.name, id, text });
      return { taken: true, id, duplicate: false, name: document.name };
    } finally {
      this.open--;
    }
  }
}

async function textOf(body: PlainDocument["body"]): Promise<string> {
  if (body instanceof Uint8Array) return new TextDecoder().decode(body);
  const decoder = new TextDecoder();
  let text = "";
  for await (const part of body) text += decoder.decode(part, { stream: true });
  return text;
}

/** The HTTP of a gateway behind a loopback port. */
export class HttpDoor implements AsyncDisposable {
  readonly door = new FakeDoor();
  #close = () => Promise.resolve();
  port = 0;

  static async open(options: Partial<HttpOptions> = {}): Promise<HttpDoor> {
    const self = new HttpDoor();
    const http = createHttp({
      door: self.door,
      peers: () => ["ada", "grace"],
      isReadable: () => true,
      hosts: () => ["myhost", "192.0.2.7", "2001:db8::7"],
      limit: 8_000_000,
      mayTake: () => true,
      clock: systemClock,
      ...options,
    });
    const listener = await new TcpNet({ interfaces: ["lo"] }).listen([0], (it) => http.connected(it));
    self.port = listener.port;
    self.#close = async () => {
      await listener.close();
      await http.close();
    };
    return self;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Connects a client that writes bytes and reads what comes. */
  async client(host = "127.0.0.1"): Promise<BareClient> {
    return new BareClient(await Deno.connect({ hostname: host, port: this.port }));
  }

  /** Sends one request and returns all that is answered until the server closes. */
  async ask(text: string, host?: string): Promise<string> {
    using client = await this.client(host);
    await client.write(text);
    return await client.rest();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}

/** A TCP client without any notion of HTTP. */
export class BareClient implements Disposable {
  #open = true;

  constructor(readonly conn: Deno.TcpConn) {}

  async write(text: string | Uint8Array): Promise<void> {
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    for (let done = 0; done < bytes.length;) done += await this.conn.write(bytes.subarray(done));
  }

  /** Reads until what came contains `end`. */
  async until(end: string): Promise<string> {
    let text = "";
    const buffer = new Uint8Array(4096);
    while (!text.includes(end)) {
      const n = await patient(
        this.conn.read(buffer),
        () => `${JSON.stringify(end)} after ${JSON.stringify(text)}`,
      );
      if (n === null) throw new Error(`the server closed after ${JSON.stringify(text)}`);
      text += new TextDecoder().decode(buffer.subarray(0, n));
    }
    return text;
  }

  /** Reads until the server closes; a reset counts as that. */
  async rest(): Promise<string> {
    let text = "";
    const buffer = new Uint8Array(65536);
    for (;;) {
      let n;
      try {
        n = await patient(this.conn.read(buffer), () => `the end after ${JSON.stringify(text)}`);
      } catch (error) {
        if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
        return text;
      }
      if (n === null) return text;
      text += new TextDecoder().decode(buffer.subarray(0, n));
    }
  }

  [Symbol.dispose](): void {
    if (this.#open) this.conn.close();
    this.#open = false;
  }
}
