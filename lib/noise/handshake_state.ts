import { type CipherState, MESSAGE_MAX, TAG_BYTES } from "./cipher_state.ts";
import { joinBytes } from "../platform/join_bytes.ts";
import { NoiseError } from "./noise_error.ts";
import { dh, generateKeyPair, KEY_BYTES, type KeyPair } from "./key_pair.ts";
import { type HandshakePattern, type Token, withPsks, XX } from "./pattern.ts";
import { SymmetricState } from "./symmetric_state.ts";

/** Bytes of a pre-shared key. */
const PSK_BYTES = 32;

/** Options of {@linkcode HandshakeState}. */
export interface HandshakeOptions {
  readonly initiator: boolean;
  /** Data that both sides must agree on before they start, byte for byte. */
  readonly prologue: Uint8Array;
  readonly staticKey: KeyPair;
  /** Pre-shared keys of 32 bytes by position: 0 is the beginning of the first message, n the end of message n. */
  readonly psks?: ReadonlyMap<number, Uint8Array>;
  /** Replaces the new ephemeral key; only for test vectors. */
  readonly ephemeral?: KeyPair;
}

/**
 * The HandshakeState object of the Noise specification (section 5.3) for `Noise_XX_25519_ChaChaPoly_SHA256` and its
 * variants with psk modifiers. It does no I/O: the caller exchanges the messages, in turn.
 *
 * Every method throws {@linkcode NoiseError}. After a message that failed, the handshake is over: it can no longer be
 * read, written or split.
 */
export class HandshakeState {
  readonly #initiator: boolean;
  readonly #pattern: HandshakePattern;
  readonly #symmetric: SymmetricState;
  readonly #static: KeyPair;
  /** In the order of the psk tokens. */
  readonly #psks: Uint8Array[];
  #ephemeral: KeyPair | undefined;
  #remoteStatic: Uint8Array | undefined;
  #remoteEphemeral: Uint8Array | undefined;
  /** Index of the next message. */
  #next = 0;
  #over = false;

  constructor({ initiator, prologue, staticKey, psks = new Map(), ephemeral }: HandshakeOptions) {
    const positions = [...psks.keys()].sort((a, b) => a - b);
    for (const position of positions) {
      if (!Number.isInteger(position) || position < 0 || position > XX.messages.length) {
        throw new NoiseError("bad-psk", `this pattern has no position psk${position}`);
      }
      if (psks.get(position)?.length !== PSK_BYTES) {
        throw new NoiseError("bad-psk", `a pre-shared key has ${PSK_BYTES} bytes`);
      }
    }
    this.#initiator = initiator;
    this.#pattern = withPsks(XX, positions);
    this.#psks = positions.map((position) => psks.get(position)!);
    this.#static = staticKey;
    this.#ephemeral = ephemeral;
    this.#symmetric = new SymmetricState(`Noise_${this.#pattern.name}_25519_ChaChaPoly_SHA256`);
    this.#symmetric.mixHash(prologue);
  }

  /** True if the next message is ours to write. */
  get myTurn(): boolean {
    return !this.finished && (this.#next % 2 === 0) === this.#initiator;
  }

  /** True if every message of the pattern was written or read. */
  get finished(): boolean {
    return this.#next === this.#pattern.messages.length;
  }

  /** The other side's static public key. It is proven only once the message that carried it was read whole. */
  get remoteStatic(): Uint8Array | undefined {
    return this.#remoteStatic;
  }

  /** The other side's ephemeral public key, once read. */
  get remoteEphemeral(): Uint8Array | undefined {
    return this.#remoteEphemeral;
  }

  /** Hash that identifies this handshake once it is finished; the same on both sides. */
  get handshakeHash(): Uint8Array {
    return this.#symmetric.getHandshakeHash();
  }

  /** Writes the next message. Throws `too-long` if it would exceed 65535 bytes. */
  writeMessage(payload: Uint8Array): Uint8Array {
    return this.#message(true, (tokens) => {
      const parts = tokens.map((token) => this.#write(token));
      parts.push(this.#symmetric.encryptAndHash(payload));
      const length = parts.reduce((sum, part) => sum + part.length, 0);
      if (length > MESSAGE_MAX) throw new NoiseError("too-long", `a handshake message of ${length} bytes`);
      return joinBytes(parts, length);
    });
  }

  /** Reads the other side's next message and returns its payload. */
  readMessage(message: Uint8Array): Uint8Array {
    return this.#message(false, (tokens) => {
      if (message.length > MESSAGE_MAX) {
        throw new NoiseError("too-long", `a handshake message of ${message.length} bytes`);
      }
      let rest = message;
      for (const token of tokens) rest = rest.subarray(this.#read(token, rest));
      return this.#symmetric.decryptAndHash(rest);
    });
  }

  /** Returns the ciphers for what follows the handshake. May be called once: two pairs would use the same nonces. */
  split(): { send: CipherState; receive: CipherState } {
    if (!this.finished || this.#over) {
      throw new NoiseError("bad-state", "there is no finished handshake to split");
    }
    this.#over = true;
    const [initiators, responders] = this.#symmetric.split();
    return this.#initiator
      ? { send: initiators, receive: responders }
      : { send: responders, receive: initiators };
  }

  #message(mine: boolean, process: (tokens: readonly Token[]) => Uint8Array): Uint8Array {
    if (this.#over || this.finished) throw new NoiseError("bad-state", "this handshake is over");
    if (mine !== this.myTurn) throw new NoiseError("bad-state", "it is the other side's turn");
    // Reset at the end: a message that throws leaves keys and hash half mixed, which must not be used again.
    this.#over = true;
    const result = process(this.#pattern.messages[this.#next]!);
    this.#over = false;
    this.#next++;
    return result;
  }

  /** Processes a token of a message of ours; returns the bytes it adds to the message. */
  #write(token: Token): Uint8Array {
    switch (token) {
      case "e":
        this.#ephemeral ??= generateKeyPair();
        this.#mixEphemeral(this.#ephemeral.publicKey);
        return this.#ephemeral.publicKey;
      case "s":
        return this.#symmetric.encryptAndHash(this.#static.publicKey);
      default:
        this.#mixSecret(token);
        return new Uint8Array(0);
    }
  }

  /** Processes a token of the other side's message; returns how many bytes it takes from the message. */
  #read(token: Token, rest: Uint8Array): number {
    switch (token) {
      case "e":
        this.#remoteEphemeral = take(rest, KEY_BYTES);
        this.#mixEphemeral(this.#remoteEphemeral);
        return KEY_BYTES;
      case "s":
        this.#remoteStatic = this.#symmetric.decryptAndHash(take(rest, KEY_BYTES + TAG_BYTES));
        return KEY_BYTES + TAG_BYTES;
      default:
        this.#mixSecret(token);
        return 0;
    }
  }

  #mixEphemeral(publicKey: Uint8Array): void {
    this.#symmetric.mixHash(publicKey);
    // With pre-shared keys the ephemerals randomise the encryption that follows a psk (section 9.2).
    if (this.#pattern.messages.some((tokens) => tokens.includes("psk"))) this.#symmetric.mixKey(publicKey);
  }

  #mixSecret(token: Exclude<Token, "e" | "s">): void {
    if (token === "psk") return this.#symmetric.mixKeyAndHash(this.#psks.shift()!);
    // The first letter names the initiator's key, the second the responder's.
    const [mine, theirs] = this.#initiator ? [token[0], token[1]] : [token[1], token[0]];
    const local = mine === "e" ? this.#ephemeral : this.#static;
    const remote = theirs === "e" ? this.#remoteEphemeral : this.#remoteStatic;
    this.#symmetric.mixKey(dh(local!, remote!));
  }
}

function take(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length < length) throw new NoiseError("too-short", "a handshake message ends before its keys do");
  return new Uint8Array(bytes.subarray(0, length));
}
