import { plainHost } from "../../net/addresses.ts";
import { DATAGRAM_MAX, dialRaw, type RawSocket, waitRaw } from "../../net/raw_socket.ts";
import { parseRawTarget, type RawTarget, rawTargetText } from "../../net/raw_target.ts";
import { meaningOf } from "../../platform/trouble.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { type Context, expectArgs, jsonLine, remark, unlessInterrupted } from "../command.ts";
import { SavedLines } from "../messages/saved_lines.ts";
import { withPeer } from "../profile/with_peer.ts";
import { hex, RawText, textIn, WholeCharacters } from "../terminal/raw_text.ts";

/** How long to try to connect, and how long UDP waits for answers after the end of the input, milliseconds. */
const TIMEOUT = 5_000;
const ANSWERS = 1_000;
const PIECE = 64 * 1024;
const NEWLINE = 10;

/** `earshot dial`: a raw socket in this terminal. */
export async function run(context: Context): Promise<ExitCode> {
  const [address] = expectArgs(context, 1);
  const target = parseRawTarget(address!, context.config.listening);
  if (!context.config.save) return await dialTo(context, target);
  return await withPeer(context, (service) => dialTo(context, target, new SavedLines(context, service)));
}

async function dialTo(context: Context, target: RawTarget, saved?: SavedLines): Promise<ExitCode> {
  const { config, interrupted } = context;
  const socket = config.listening
    ? await waitFor(context, target)
    : await unlessInterrupted(dialRaw(target, config.timeout ?? TIMEOUT, interrupted), interrupted);
  try {
    const what = target.protocol === "udp" ? "Sending" : "Connected";
    if (!config.listening) remark(context, `${what} to ${rawTargetText(target)}.`);
    const talking = talk(context, target, socket, saved);
    const { timeout } = config;
    // A UDP socket has no caller before the first datagram.
    const isAwaited = config.listening && target.protocol === "udp" && timeout !== undefined;
    const late = isAwaited ? nobodyWithin(timeout, () => socket.remote !== undefined) : talking;
    await unlessInterrupted(Promise.race([talking, late]), interrupted);
  } finally {
    socket.close();
  }
  return await saved?.end() ?? ExitCode.done;
}

async function waitFor(context: Context, target: RawTarget): Promise<RawSocket> {
  const waiting = await waitRaw(target);
  try {
    const { protocol } = target;
    remark(context, `Waiting at ${rawTargetText({ protocol, ...waiting.local })}.`);
    const { timeout } = context.config;
    const came = timeout === undefined
      ? waiting.accepted
      : Promise.race([waiting.accepted, nobodyWithin(timeout)]);
    const socket = await unlessInterrupted(came, context.interrupted);
    if (socket.remote) remark(context, `${rawTargetText({ protocol, ...socket.remote })} has connected.`);
    return socket;
  } catch (error) {
    waiting.close();
    throw error;
  }
}

/** Rejects after this time, milliseconds, if nobody is there by then; else it is never settled. */
async function nobodyWithin(timeout: number, isThere = () => false): Promise<never> {
  await new Promise((resolve) => Deno.unrefTimer(setTimeout(resolve, timeout)));
  if (isThere()) await new Promise(() => {});
  throw new UserError(`Nobody has connected within ${timeout / 1000} s.`, ExitCode.nobody);
}

/** Passes bytes in both directions. Resolves when the other side has closed, or over UDP when nothing more comes. */
async function talk(
  context: Context,
  target: RawTarget,
  socket: RawSocket,
  saved?: SavedLines,
): Promise<void> {
  const isUdp = target.protocol === "udp";
  const receiving = receive(context, isUdp, socket, saved);
  const sending = (isUdp ? sendLines(context, socket) : sendAll(socket)).then(async () => {
    if (!isUdp) return await receiving;
    // A socket that waits has no other end than that of the program.
    if (context.config.listening) return await receiving;
    await new Promise((resolve) => setTimeout(resolve, context.config.wait ?? ANSWERS));
  });
  sending.catch(() => {/* the end of receiving says why */});
  try {
    await Promise.race([receiving, sending]);
  } catch (error) {
    throw broken(target, error);
  }
}

function broken(target: RawTarget, error: unknown): unknown {
  if (error instanceof UserError) return error;
  const isReset = error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe;
  const why = isReset ? "the other side has ended it" : meaningOf(error);
  return new UserError(`The connection to ${rawTargetText(target)} broke: ${why}.`, undefined, {
    cause: error,
  });
}

/** Prints what arrives, at the pace of whoever reads the output. */
async function receive(
  { config, out }: Context,
  isUdp: boolean,
  socket: RawSocket,
  saved?: SavedLines,
): Promise<void> {
  const shown = new RawText();
  const characters = new WholeCharacters();
  const encoder = new TextEncoder();
  const asJson = (bytes: Uint8Array) => {
    const text = textIn(bytes);
    return out.lines([jsonLine(text === undefined ? { hex: hex(bytes) } : { text })]);
  };
  for (let piece; (piece = await socket.read()) !== null && !out.closed.aborted;) {
    if (config.json) {
      const whole = isUdp ? piece : characters.push(piece);
      if (isUdp || whole.length > 0) await asJson(whole);
    } else await out.bytes(encoder.encode(shown.push(piece) + (isUdp ? shown.end() : "")));
    const from = plainHost(socket.remote!.host);
    await (isUdp ? saved?.datagram(piece, from) : saved?.push(piece, from));
  }
  if (!isUdp) await saved?.endLine(plainHost(socket.remote!.host));
  if (!config.json) return await out.bytes(encoder.encode(shown.end()));
  const rest = characters.end();
  if (rest.length > 0) await asJson(rest);
}

async function sendAll(socket: RawSocket): Promise<void> {
  const buffer = new Uint8Array(PIECE);
  for (let n; (n = await Deno.stdin.read(buffer)) !== null;) await socket.write(buffer.slice(0, n));
  await socket.endInput();
}

/**
 * Sends each line as a datagram, without its end; empty ones are skipped. One that cannot be sent is an error if it is the
 * first; later, and with `--listen`, it is reported and skipped.
 */
async function sendLines(context: Context, socket: RawSocket): Promise<void> {
  let line = new Uint8Array();
  let isSent = context.config.listening;
  const send = async () => {
    const bytes = line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
    line = new Uint8Array();
    if (bytes.length > DATAGRAM_MAX) {
      remark(context, `earshot: A line over ${DATAGRAM_MAX} bytes is no datagram and was not sent.`);
    } else if (bytes.length > 0) {
      try {
        await socket.write(bytes);
        isSent = true;
      } catch (error) {
        if (!isSent || context.interrupted.aborted) throw error;
        remark(context, `earshot: A line was not sent: ${(error as Error).message}`);
      }
    }
  };
  const buffer = new Uint8Array(PIECE);
  for (let n; (n = await Deno.stdin.read(buffer)) !== null;) {
    let rest = buffer.subarray(0, n);
    for (let end; (end = rest.indexOf(NEWLINE)) >= 0; rest = rest.subarray(end + 1)) {
      line = joined(line, rest.subarray(0, end));
      await send();
    }
    line = joined(line, rest);
  }
  await send();
}

/** Joins two parts of a line; what no datagram could hold is cut. */
function joined(line: Uint8Array, more: Uint8Array): Uint8Array<ArrayBuffer> {
  const kept = more.subarray(0, Math.max(0, DATAGRAM_MAX + 2 - line.length));
  const all = new Uint8Array(line.length + kept.length);
  all.set(line);
  all.set(kept, line.length);
  return all;
}
