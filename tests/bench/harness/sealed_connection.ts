import { CipherState } from "../../../lib/noise/cipher_state.ts";
import { loadSmallAead } from "../../../lib/platform/small_aead.ts";
import { RecordSplitter } from "../../../lib/protocol/record.ts";

const NOTHING = new Uint8Array();
const KEY = new Uint8Array(32);
const RECORD_MAX = 65_535;

/** A TCP connection that carries sealed records, and nothing that is not needed for that. */
export class SealedConnection {
  readonly #send = new CipherState();
  readonly #receive = new CipherState();
  readonly #splitter = new RecordSplitter(RECORD_MAX);

  private constructor(private readonly connection: Deno.TcpConn) {
    connection.setNoDelay(true);
    for (const state of [this.#send, this.#receive]) state.initializeKey(KEY);
  }

  static async dial(port: number): Promise<SealedConnection> {
    await loadSmallAead();
    return new SealedConnection(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** Listens on a free port of loopback; the connection is the first that comes. */
  static async listen(): Promise<{ readonly port: number; readonly connection: Promise<SealedConnection> }> {
    await loadSmallAead();
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const connection = listener.accept().then((accepted) => new SealedConnection(accepted));
    return { port: (listener.addr as Deno.NetAddr).port, connection };
  }

  async write(plaintext: Uint8Array): Promise<void> {
    const sealed = this.#send.encryptWithAd(NOTHING, plaintext);
    const bytes = new Uint8Array(2 + sealed.length);
    new DataView(bytes.buffer).setUint16(0, sealed.length);
    bytes.set(sealed, 2);
    for (let done = 0; done < bytes.length;) done += await this.connection.write(bytes.subarray(done));
  }

  /** Returns the next record; undefined at the end. */
  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const sealed = this.#splitter.next();
      if (sealed) return this.#receive.decryptWithAd(NOTHING, sealed);
      const count = await this.connection.read(this.#splitter.room());
      if (count === null) return undefined;
      this.#splitter.filled(count);
    }
  }
}
