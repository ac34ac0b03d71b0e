/** A step of a handshake message (Noise specification, section 7). */
export type Token = "e" | "s" | "ee" | "es" | "se" | "psk";

/** A handshake pattern and its name. */
export interface HandshakePattern {
  readonly name: string;
  /** The tokens of each message, the initiator's first. */
  readonly messages: readonly (readonly Token[])[];
}

/** Both sides send their static keys, encrypted. */
export const XX: HandshakePattern = {
  name: "XX",
  messages: [["e"], ["e", "ee", "s", "es"], ["s", "se"]],
};

/**
 * Adds a psk token at each position (section 9): 0 is the beginning of the first message, n the end of message n.
 *
 * @param positions ascending, each from 0 to the number of messages
 */
export function withPsks(pattern: HandshakePattern, positions: readonly number[]): HandshakePattern {
  return {
    name: pattern.name + positions.map((position) => `psk${position}`).join("+"),
    messages: pattern.messages.map((tokens, i) => [
      ...(i === 0 && positions.includes(0) ? ["psk" as const] : []),
      ...tokens,
      ...(positions.includes(i + 1) ? ["psk" as const] : []),
    ]),
  };
}
