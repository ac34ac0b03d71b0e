// The least that a command has to do, by the runtime's own calls: what is left of its time is the runtime's.
//
// `with SOCKET FILE`: reads a document, hands it over a Unix socket, waits for the answer.
// `without FOLDER UDP TCP FILE`: asks by UDP, commits the document in a worker's SQLite while it waits for the answer and
// for that of another of the name, as long as the protocol allows it to take; agrees on a key, sends the document
// encrypted by TCP, commits its answer.
// `ready FOLDER`: opens a database in a worker, a UDP and a TCP socket; then prints a line and stays.

import type { Socket } from "node:dgram";

/** How long another of the name may take after the question, and after the first answer, milliseconds. */
const AFTER_QUESTION = 120;
const AFTER_ANSWER = 100;

const [role, ...args] = Deno.args;
if (role === "with") await hand(args[0]!, args[1]!);
else if (role === "without") await send(args[0]!, Number(args[1]), Number(args[2]), args[3]!);
else if (role === "ready") await stay(args[0]!);
if (role !== "ready") Deno.exit(0);

async function hand(path: string, file: string): Promise<void> {
  const document = await Deno.readFile(file);
  const connection = await Deno.connect({ transport: "unix", path });
  await connection.write(new TextEncoder().encode(`${JSON.stringify({ document: document.toBase64() })}\n`));
  await connection.read(new Uint8Array(1_024));
}

async function send(folder: string, udp: number, tcp: number, file: string): Promise<void> {
  const document = await Deno.readFile(file);
  const answered = Promise.withResolvers<number>();
  const socket = await openSocket();
  socket.on("message", () => answered.resolve(performance.now()));
  const sent = Promise.withResolvers<void>();
  socket.send("ask", udp, "127.0.0.1", () => sent.resolve());
  await sent.promise;
  const asked = performance.now();
  const store = openStore(folder);
  const kept = store(document);
  const until = Math.max(asked + AFTER_QUESTION, await answered.promise + AFTER_ANSWER);
  const { createCipheriv, diffieHellman, generateKeyPairSync, randomBytes } = await import("node:crypto");
  await new Promise((resolve) => setTimeout(resolve, until - performance.now()));
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: tcp });
  const [own, other] = [1, 2].map(() => generateKeyPairSync("x25519"));
  // Three for a handshake in which both sides prove who they are.
  const [key] = [1, 2, 3].map(() =>
    diffieHellman({ privateKey: own!.privateKey, publicKey: other!.publicKey })
  );
  const cipher = createCipheriv("chacha20-poly1305", key!, randomBytes(12), { authTagLength: 16 });
  await kept;
  await connection.write(cipher.update(document));
  await connection.read(new Uint8Array(1_024));
  await store(new Uint8Array(8));
}

async function stay(folder: string): Promise<void> {
  const store = openStore(folder);
  const kept = store(new Uint8Array(8));
  await import("node:crypto");
  await openSocket();
  Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await kept;
  console.log("ready");
}

/** Opens a UDP socket without the runtime's resolver, whose loading takes longer. */
async function openSocket(): Promise<Socket> {
  const { createSocket } = await import("node:dgram");
  const lookup = (host: string, family: number, done: (...found: unknown[]) => void) =>
    process.nextTick(() => done(null, host, family));
  const socket = createSocket({ type: "udp4", lookup: lookup as never });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return socket;
}

/** Opens a database in a worker; returns the function that resolves when something is committed to it. */
function openStore(folder: string): (body: Uint8Array) => Promise<void> {
  const worker = new Worker(new URL("./start_store.ts", import.meta.url), { type: "module", name: folder });
  return (body) =>
    new Promise((resolve) => {
      worker.onmessage = () => resolve();
      worker.postMessage(body);
    });
}
