import { getHeapStatistics } from "node:v8";

const CHANNEL = "bench-heaps";
const AGAIN_MS = 200;

/** What a thread has of JavaScript, bytes. */
export interface Heap {
  /** Objects, with garbage that was not collected yet. */
  readonly used: number;
  /** Room for them. */
  readonly total: number;
}

let started = 0;

/** Has every thread that is started from now on tell of its heap. Call it before the library is loaded. */
export function watchThreads(): void {
  const Plain = globalThis.Worker;
  globalThis.Worker = class extends Plain {
    constructor(module: string | URL, options?: WorkerOptions) {
      const watched = new URL("../workers/watched_thread.ts", import.meta.url);
      watched.search = new URLSearchParams({ module: `${module}` }).toString();
      super(watched, options);
      started++;
    }
  };
}

/** Answers {@linkcode heaps}; for a thread. */
export function tellHeap(): void {
  const id = crypto.randomUUID();
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }) => {
    if ("isCollected" in data) channel.postMessage({ id, heap: heap(data.isCollected) });
  };
}

/**
 * Returns the heap of this thread, and those of all threads that were started since {@linkcode watchThreads}.
 *
 * @param isCollected true: the garbage is collected before; needs `--expose-gc`
 */
export async function heaps(
  isCollected: boolean,
): Promise<{ readonly main: Heap; readonly threads: readonly Heap[] }> {
  const threads = new Map<string, Heap>();
  const channel = new BroadcastChannel(CHANNEL);
  const { promise, resolve } = Promise.withResolvers<void>();
  channel.onmessage = ({ data: { id, heap } }) => {
    if (threads.set(id, heap).size === started) resolve();
  };
  const ask = () => channel.postMessage({ isCollected });
  ask();
  // One that has just been started does not listen yet.
  const again = setInterval(ask, AGAIN_MS);
  if (started > 0) await promise;
  clearInterval(again);
  channel.close();
  return { main: heap(isCollected), threads: [...threads.values()] };
}

function heap(isCollected: boolean): Heap {
  if (isCollected) (globalThis as unknown as { gc(): void }).gc();
  const { used_heap_size: used, total_heap_size: total } = getHeapStatistics();
  return { used, total };
}
