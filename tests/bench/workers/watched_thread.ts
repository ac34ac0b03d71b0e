// A thread of the library, whose heap is watched: `watched_thread.ts?module=URL`.

import { tellHeap } from "../harness/heaps.ts";

const scope = globalThis as unknown as { onmessage: ((event: MessageEvent) => void) | null };
const early: MessageEvent[] = [];
scope.onmessage = (event) => void early.push(event);
tellHeap();
await import(new URL(import.meta.url).searchParams.get("module")!);
for (const event of early) scope.onmessage!(event);
