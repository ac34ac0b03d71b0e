// Does to an open gateway what nobody should, and writes what came of it as a line of JSON. Arguments: an attack, the
// gateway's address, and what the attack takes.

import { createSocket, type Socket } from "node:dgram";

const [attack, hostname, ...rest] = Deno.args as [string, string, ...string[]];
const PORT = 3333;
const encoder = new TextEncoder();

/** Longest wait for what may not come, milliseconds. */
const QUIET = 1_500;

function tell(what: unknown): void {
  console.log(JSON.stringify(what));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

/** Writes all; false if the other end hung up. */
async function wrote(connection: Deno.Conn, data: Uint8Array): Promise<boolean> {
  try {
    for (let at = 0; at < data.length;) at += await connection.write(data.subarray(at));
    return true;
  } catch {
    return false;
  }
}

/** Everything that comes until the other end closes or resets the connection; `began` is called with the first. */
async function readToEnd(connection: Deno.Conn, began = () => {}): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(65_536);
  try {
    for (let n; (n = await connection.read(buffer)) !== null;) {
      if (text === "") began();
      text += String.fromCharCode(...buffer.subarray(0, n));
    }
  } catch { /* reset */ }
  return text;
}

/** What a connection answers to these bytes until it is closed; the sending half stays open until the answer begins. */
async function answerTo(data: Uint8Array): Promise<string> {
  using connection = await Deno.connect({ hostname, port: PORT });
  const answer = readToEnd(connection, () => void connection.closeWrite().catch(() => {}));
  await wrote(connection, data);
  return await answer;
}

/** A socket for datagrams to the gateway. */
class Datagrams {
  /** What came to it. */
  readonly received: Uint8Array[] = [];

  private constructor(private readonly socket: Socket, onDatagram: (data: Uint8Array) => void) {
    socket.on("message", (data) => {
      this.received.push(data);
      onDatagram(data);
    });
  }

  static async bind(
    { address, port = 0, onDatagram = () => {} }: {
      address?: string;
      port?: number;
      onDatagram?: (data: Uint8Array) => void;
    } = {},
  ): Promise<Datagrams> {
    const socket = createSocket(hostname.includes(":") ? "udp6" : "udp4");
    await new Promise<void>((resolve) => socket.bind(port, address, resolve));
    return new Datagrams(socket, onDatagram);
  }

  /** Length of the longest of them, bytes. */
  get longest(): number {
    return Math.max(0, ...this.received.map(({ length }) => length));
  }

  /** Sends one, if there is room for it. */
  send(data: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.socket.send(data, PORT, hostname, () => resolve()));
  }
}

const ATTACKS: Record<string, () => Promise<unknown>> = {
  /** Lines that never end, of each kind, several at once. */
  async endless() {
    const endless = async (first: string) => {
      using connection = await Deno.connect({ hostname, port: PORT });
      const answer = readToEnd(connection);
      const chunk = encoder.encode("a".repeat(65_536));
      let written = 0;
      for (let open = await wrote(connection, encoder.encode(first)); open && written < 64 * 2 ** 20;) {
        open = await wrote(connection, chunk);
        written += chunk.length;
      }
      return { first, written, answer: (await answer).slice(0, 200) };
    };
    return await Promise.all(["a", '{"a":"', "[", "hello\n"].map(endless));
  },

  /** Connections that say nothing, as many as one asks for; they stay until this program is ended. */
  async silent() {
    const count = Number(rest[0]);
    let open = 0;
    const connect = async () => {
      const connection = await Deno.connect({ hostname, port: PORT }).catch(() => undefined);
      if (connection === undefined) return;
      open++;
      void readToEnd(connection).then(() => open--);
    };
    for (let i = 0; i < count; i += 50) await Promise.all(Array.from({ length: 50 }, connect));
    await pause(QUIET);
    tell({ attack, connected: true, open });
    await new Promise(() => setInterval(() => {}, 60_000));
  },

  /** Bytes that are no text, over TCP and UDP. */
  async garbage() {
    const random = () =>
      crypto.getRandomValues(new Uint8Array(1_000)).map((byte, i) => i === 0 ? 0xff : byte);
    const firsts = [
      random(),
      latin1("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03a TLS handshake\n"),
      latin1("\x00\n\x00\n"),
      latin1("\xff\xfb\x01telnet\r\n"),
      latin1("hell\xf6\n"),
      latin1("\x1b]0;title\x07\x1b[2J\n"),
      latin1("SSH-2.0-\x01\n"),
    ];
    const answers = await Promise.all(firsts.map(answerTo));
    const socket = await Datagrams.bind();
    for (const data of [new Uint8Array(), ...firsts, ...Array.from({ length: 100 }, random)]) {
      await socket.send(data);
    }
    await pause(QUIET);
    return { answers, most: socket.longest };
  },

  /** Sends from somebody else's address, which this host has too; the answer goes to its other owner. */
  async spoof() {
    const socket = await Datagrams.bind({ address: rest[0]!, port: PORT });
    for (const text of rest.slice(1)) await socket.send(encoder.encode(text));
    return {};
  },

  /** Says one line and sends everything back that comes, by datagrams and over a connection. */
  async echo() {
    const socket = await Datagrams.bind({ onDatagram: (data) => void socket.send(data) });
    await socket.send(encoder.encode("a datagram for the echo"));
    const connections = [];
    let bytes = 0;
    for (let i = 0; i < 2; i++) {
      const connection = await Deno.connect({ hostname, port: PORT });
      connections.push(connection);
      await wrote(connection, encoder.encode(`line ${i} for the echo\n`));
      (async () => {
        const buffer = new Uint8Array(65_536);
        for (let n; (n = await connection.read(buffer)) !== null;) {
          bytes += n;
          if (!await wrote(connection, buffer.subarray(0, n))) return;
        }
      })().catch(() => {/* reset */});
    }
    await pause(QUIET);
    tell({ attack, echoing: true });
    await pause(2 * QUIET);
    for (const connection of connections) connection.close();
    return { datagrams: socket.received.length, bytes };
  },

  /** More datagrams than anybody needs, the shortest that get a long answer. */
  async flood() {
    const socket = await Datagrams.bind();
    const [text, count] = [encoder.encode(rest[0]!), Number(rest[1])];
    const began = performance.now();
    for (let i = 0; i < count; i++) {
      await socket.send(text);
    }
    await pause(QUIET);
    const seconds = (performance.now() - began) / 1_000;
    return {
      seconds,
      answers: socket.received.length,
      longest: socket.longest,
    };
  },

  /** What a web page can make a browser send: forms, fetches, WebSockets, WebRTC. */
  async browser() {
    const json = '{"from":"a web page"}';
    const post = (headers: string, body = json) =>
      `POST /x HTTP/1.1\r\nHost: ${hostname}:3333\r\n${headers}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
    const origin = "Origin: http://evil.example\r\n";
    const requests = {
      form: post(`${origin}Content-Type: application/x-www-form-urlencoded\r\n`, `{"a":"=b"}`),
      text: post(`${origin}Content-Type: text/plain\r\n`),
      "text without an origin": post("Content-Type: text/plain\r\n"),
      multipart: post(
        `${origin}Content-Type: multipart/form-data; boundary=x\r\n`,
        `--x\r\n\r\n${json}\r\n--x--`,
      ),
      "json with an origin": post(`${origin}Content-Type: application/json\r\n`),
      "json of an opaque origin": post("Origin: null\r\nContent-Type: application/json\r\n"),
      "no content type": post(""),
      "a rebound name": post("Content-Type: application/json\r\n").replace(
        /Host: .*/,
        "Host: evil.example:3333",
      ),
      preflight: `OPTIONS /x HTTP/1.1\r\nHost: ${hostname}:3333\r\n${origin}` +
        "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\nConnection: close\r\n\r\n",
      websocket:
        `GET / HTTP/1.1\r\nHost: ${hostname}:3333\r\n${origin}Upgrade: websocket\r\nConnection: Upgrade\r\n` +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
        '{"in":"a frame"}\nhello\n',
      "a method of its own":
        `EVIL /x HTTP/1.1\r\nHost: ${hostname}:3333\r\n${origin}Connection: close\r\n\r\n${json}\n`,
    };
    const answers: Record<string, string> = {};
    for (const [name, request] of Object.entries(requests)) answers[name] = await answerTo(latin1(request));
    // STUN and TURN with a user name of the page's choice, over both transports.
    const name = '\n{"from":"a web page"}\nhello\n';
    const padded = name + "\0".repeat(-name.length & 3);
    const attribute = latin1(`\x00\x06\x00${String.fromCharCode(name.length)}${padded}`);
    const stun = (type: number) =>
      Uint8Array.from([
        0,
        type,
        0,
        attribute.length,
        0x21,
        0x12,
        0xa4,
        0x42,
        ...new Uint8Array(12).fill(97),
        ...attribute,
      ]);
    for (const type of [1, 3]) answers[`stun ${type}`] = await answerTo(stun(type));
    const socket = await Datagrams.bind();
    for (const type of [1, 3]) await socket.send(stun(type));
    await pause(QUIET);
    return { answers, datagrams: socket.received.length };
  },
};

tell({ attack, result: await ATTACKS[attack]!() });
Deno.exit(0);
