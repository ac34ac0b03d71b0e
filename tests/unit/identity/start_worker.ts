import { loadIdentity } from "../../../lib/identity/key_file.ts";

interface Start {
  /** Shared: how many workers stand at the gate. */
  readonly gate: Int32Array;
  readonly folder: string;
  /** With how many at the gate it opens. */
  readonly waiting: number;
}

const worker = self as unknown as {
  onmessage: (event: MessageEvent<Start>) => void;
  postMessage(message: unknown): void;
};

worker.onmessage = ({ data: { gate, folder, waiting } }) => {
  if (Atomics.add(gate, 0, 1) + 1 === waiting) {
    Atomics.store(gate, 1, 1);
    Atomics.notify(gate, 1);
  } else {
    Atomics.wait(gate, 1, 0);
  }
  const { id, created } = loadIdentity(folder);
  worker.postMessage({ id, created });
};
