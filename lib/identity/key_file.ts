import { dirname, join } from "@std/path";
import { generateKeyPair, type KeyPair, keyPairFromPrivate } from "../noise/key_pair.ts";
import { writeFileAtomic } from "../platform/atomic_write.ts";
import { syncFile, syncFolder } from "../platform/sync.ts";
import { explain } from "../platform/trouble.ts";
import { UserError } from "../platform/user_error.ts";
import { decodeBase32, encodeBase32 } from "../protocol/base32.ts";
import { nodeId } from "./node_id.ts";
import { makeStateFolder, readSecretFile, type Warn } from "./secret_file.ts";

const WHAT = "The identity file";

/** Key and id of this peer. */
export interface Identity {
  readonly keyPair: KeyPair;
  readonly id: string;
  /** Whether the identity is new. */
  readonly created: boolean;
}

/**
 * The identity kept in a state folder (`identity.json`, mode 0600), made if there is none. Two that make one at the
 * same moment end with the same. A file that is damaged or cannot be read is a {@linkcode UserError} and stays as it
 * is: a new key would be a new peer to everybody who knows this one.
 *
 * @param warn is told if other users of the machine could read the file; they no longer can
 */
export function loadIdentity(stateDir: string, warn: Warn = () => {}): Identity {
  const path = join(stateDir, "identity.json");
  const existing = readIdentity(path, warn);
  if (existing) return existing;
  makeStateFolder(stateDir);
  const created = createIdentity(path);
  // Reading it back leaves one answer, whoever made the file, and proves that the next start will find it.
  const identity = readIdentity(path, warn);
  if (!identity) {
    throw new UserError(
      `${WHAT} ${path} leads nowhere: bring back what it is a link to, or delete it to become a new peer.`,
    );
  }
  return { ...identity, created };
}

function readIdentity(path: string, warn: Warn): Identity | undefined {
  const text = readSecretFile(path, WHAT, warn);
  if (text === undefined) return undefined;
  try {
    const { id, privateKey } = JSON.parse(text);
    const keyPair = keyPairFromPrivate(decodeBase32(privateKey));
    if (id === nodeId(keyPair.publicKey)) return { keyPair, id, created: false };
  } catch { /* said below, without what the parser quotes: that could be the key */ }
  throw new UserError(
    `${WHAT} ${path} is damaged: put back a copy of it, or delete it to become a new peer with another id.`,
  );
}

/** Puts a new identity at `path` unless something stands there already; returns whether it did. */
function createIdentity(path: string): boolean {
  const keyPair = generateKeyPair();
  const text = JSON.stringify(
    { id: nodeId(keyPair.publicKey), privateKey: encodeBase32(keyPair.exportPrivateKey()) },
    null,
    2,
  ) + "\n";
  try {
    placeNew(path, text);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw new UserError(
      `${WHAT} ${path} cannot be written ${explain(error, "choose another folder with --state")}.`,
    );
  }
}

/** Writes a file whole and durably under another name, then links it: unlike a rename, a link never replaces. */
function placeNew(path: string, text: string): void {
  const whole = `${path}.${crypto.randomUUID().slice(0, 8)}.new`;
  writeFileAtomic(whole, text);
  try {
    Deno.linkSync(whole, path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw error;
    // Some file systems have no links. A copy does not replace either, but is incomplete for an instant.
    placeCopy(path, text);
  } finally {
    Deno.removeSync(whole);
  }
  syncFolder(dirname(path));
}

function placeCopy(path: string, text: string): void {
  const file = Deno.openSync(path, { write: true, createNew: true, mode: 0o600 });
  try {
    file.writeSync(new TextEncoder().encode(text));
    syncFile(file);
  } finally {
    file.close();
  }
}
