import type { PeerRef, PlainSender } from "./types.ts";

/** Begins the name and key of every sender without a key. */
const PLAIN = "plain-";

/** Returns the name, and key, of the sender at an IP address; `:` would not do in the name of a folder. */
export function plainName(address: string): string {
  return PLAIN + address.toLowerCase().replaceAll(":", "-");
}

/** True if this is the name of a sender without a key. */
export function isPlainName(name: string): boolean {
  return name.toLowerCase().startsWith(PLAIN);
}

/** Returns the sender without a key that has this name. */
export function plainSender(name: string): PlainSender {
  return { name, plain: true };
}

/** Returns a sender as events name it, from its key and name in storage. */
export function senderOf(id: string, name: string): PeerRef | PlainSender {
  return isPlainName(id) ? plainSender(name) : { id, name };
}
