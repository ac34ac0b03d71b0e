import { dirname, join } from "../platform/std_path.ts";
import { generateKeyPair, type KeyPair, keyPairFromPrivate } from "../noise/key_pair.ts";
import { writeFileAtomic } from "../platform/atomic_write.ts";
import { syncFile, syncFolder } from "../platform/sync.ts";
import { explain } from "../platform/trouble.ts";
import { UserError } from "../platform/user_error.ts";
import { decodeBase32, encodeBase32 } from "../protocol/base32.ts";
import { isNodeId, nodeId } from "./node_id.ts";
import { makeStateFolder, readSecretFile, type Warn } from "./secret_file.ts";

const WHAT = "The identity file";

/** Key and id of this peer. */
export interface Identity {
  readonly id: string;
  /** @throws {UserError} the file is damaged */
  readonly keyPair: KeyPair;
  /** True if the identity was made by this call. */
  readonly created: boolean;
}

/**
 * Loads the identity in a state folder (`identity.json`, mode 0600), or makes one. Two processes that make one at the
 * same moment get the same.
 *
 * @param warn is told if other users of the machine could read the file; they no longer can
 * @throws {UserError} the file is damaged or cannot be read. It stays unchanged: with a new key this would be a new
 *   peer
 */
export function loadIdentity(stateDir: string, warn: Warn = () => {}): Identity {
  const identity = readId(stateDir, warn);
  // Compares the key with the id now.
  void identity.keyPair;
  return identity;
}

/**
 * Does the same, but the key is neither loaded nor compared with the id before it is first used: that loads all of
 * Node's cryptography. Until then the id is good for a question to the network, and for nothing that is kept.
 */
export function readId(stateDir: string, warn: Warn = () => {}): Identity {
  const path = join(stateDir, "identity.json");
  const existing = readIdentity(path, warn);
  if (existing) return existing;
  makeStateFolder(stateDir);
  const created = createIdentity(path);
  // Reading it back gives the same result whichever process made it, and proves that the next start will find it.
  const identity = readIdentity(path, warn);
  if (!identity) {
    throw new UserError(
      `${WHAT} ${path} is a broken link: restore its target, or delete it to become a new peer.`,
    );
  }
  identity.created = created;
  return identity;
}

function readIdentity(path: string, warn: Warn): StoredIdentity | undefined {
  const text = readSecretFile(path, WHAT, warn);
  if (text === undefined) return undefined;
  try {
    const { id, privateKey } = JSON.parse(text);
    if (isNodeId(id)) return new StoredIdentity(path, id, decodeBase32(privateKey));
  } catch { /* said below, without what the parser quotes: that could be the key */ }
  throw damaged(path);
}

/** An identity that was read from a file. */
class StoredIdentity implements Identity {
  created = false;
  readonly #path: string;
  readonly #privateKey: Uint8Array;
  #keyPair: KeyPair | undefined;

  constructor(path: string, readonly id: string, privateKey: Uint8Array) {
    this.#path = path;
    this.#privateKey = privateKey;
  }

  get keyPair(): KeyPair {
    return this.#keyPair ??= this.#read();
  }

  #read(): KeyPair {
    try {
      const keyPair = keyPairFromPrivate(this.#privateKey);
      if (this.id === nodeId(keyPair.publicKey)) return keyPair;
    } catch { /* the same */ }
    throw damaged(this.#path);
  }
}

function damaged(path: string): UserError {
  return new UserError(
    `${WHAT} ${path} is damaged: put back a copy of it, or delete it to become a new peer with another id.`,
  );
}

/** Makes a new identity at `path` unless a file exists; returns whether it did. */
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

/** Writes a file durably under another name, then links it: unlike a rename, a link never replaces a file. */
function placeNew(path: string, text: string): void {
  const whole = `${path}.${crypto.randomUUID().slice(0, 8)}.new`;
  writeFileAtomic(whole, text);
  try {
    Deno.linkSync(whole, path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw error;
    // Some file systems have no links. A copy never replaces a file either, but is incomplete for an instant.
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
