import { StreamConnection } from "../../../lib/net/stream_connection.ts";
import { CipherState } from "../../../lib/noise/cipher_state.ts";
import { loadSmallAead } from "../../../lib/platform/small_aead.ts";
import { FramedConnection } from "../../../lib/session/framed_connection.ts";

const HOST = "127.0.0.1";
const NOTHING = new Uint8Array();
const KEY = new Uint8Array(32);

/** A TCP connection that carries sealed records, without a handshake. */
export class SealedConnection {
  readonly #framed: FramedConnection;
  readonly #send = new CipherState();
  readonly #receive = new CipherState();

  private constructor(connection: Deno.TcpConn) {
    connection.setNoDelay(true);
    const { port } = connection.remoteAddr;
    this.#framed = new FramedConnection(new StreamConnection(connection, { host: HOST, port }));
    this.#framed.expectRecords();
    for (const state of [this.#send, this.#receive]) state.initializeKey(KEY);
  }

  static async dial(port: number): Promise<SealedConnection> {
    await loadSmallAead();
    return new SealedConnection(await Deno.connect({ hostname: HOST, port }));
  }

  /** Listens on a free port of loopback; the connection is the first that comes. */
  static async listen(): Promise<{ readonly port: number; readonly connection: Promise<SealedConnection> }> {
    await loadSmallAead();
    const listener = Deno.listen({ hostname: HOST, port: 0 });
    const connection = listener.accept().then((accepted) => new SealedConnection(accepted));
    return { port: listener.addr.port, connection };
  }

  async write(plaintext: Uint8Array): Promise<void> {
    await this.#framed.write([this.#send.encryptWithAd(NOTHING, plaintext)]);
  }

  /** Returns the next record; undefined at the end. */
  async read(): Promise<Uint8Array | undefined> {
    const sealed = this.#framed.readNow() ?? await this.#framed.read();
    return sealed && this.#receive.decryptWithAd(NOTHING, sealed);
  }
}
