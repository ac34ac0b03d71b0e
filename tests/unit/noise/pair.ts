import { HandshakeState } from "../../../lib/noise/handshake_state.ts";
import { generateKeyPair, type KeyPair } from "../../../lib/noise/key_pair.ts";

export const NOTHING = new Uint8Array(0);

export const utf8 = (text: string) => new TextEncoder().encode(text);

/** A key, psk or payload of `length` times the same byte. */
export const filled = (byte: number, length = 32) => new Uint8Array(length).fill(byte);

interface SideOptions {
  prologue?: Uint8Array;
  psks?: ReadonlyMap<number, Uint8Array>;
  staticKey?: KeyPair;
  ephemeral?: KeyPair;
}

/** Both ends of a handshake, the initiator first; what a side does not say is as usual and the same on both. */
export function pair(
  initiator: SideOptions = {},
  responder: SideOptions = initiator,
): [HandshakeState, HandshakeState] {
  const side = (options: SideOptions, isInitiator: boolean) =>
    new HandshakeState({
      prologue: utf8("earshot/1 earshot"),
      staticKey: generateKeyPair(),
      ...options,
      initiator: isInitiator,
    });
  return [side(initiator, true), side(responder, false)];
}

/** Exchanges messages with empty payloads, as many as asked; all three unless told. */
export function exchange([initiator, responder]: [HandshakeState, HandshakeState], messages = 3): void {
  for (let i = 0; i < messages; i++) {
    const [writer, reader] = i % 2 === 0 ? [initiator, responder] : [responder, initiator];
    reader.readMessage(writer.writeMessage(NOTHING));
  }
}

/** Who writes and who reads message `index` of the handshake. */
export function turn([initiator, responder]: [HandshakeState, HandshakeState], index: number) {
  return index % 2 === 0
    ? { writer: initiator, reader: responder }
    : { writer: responder, reader: initiator };
}
