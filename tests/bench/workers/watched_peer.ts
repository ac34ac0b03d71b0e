// `peer.ts`, with threads whose heaps are watched.

import { watchThreads } from "../harness/heaps.ts";

watchThreads();
await import("./peer.ts");
