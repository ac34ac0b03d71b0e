// The entry of every storage thread. Its name tells its part, of which alone it loads the modules.

import type { ThreadPart, WorkerRequest } from "./worker_messages.ts";

type Take = (request: WorkerRequest) => void;

const PARTS: Record<ThreadPart, () => Promise<{ readonly take: Take }>> = {
  store: () => import("./store_part.ts"),
  files: () => import("./files_part.ts"),
  intakes: () => import("./intakes_part.ts"),
  query: () => import("./query_part.ts"),
  history: () => import("./history_part.ts"),
};

const scope = globalThis as unknown as {
  readonly name: ThreadPart;
  onmessage: (event: MessageEvent<WorkerRequest>) => void;
};
const loading = PARTS[scope.name]().then(({ take }) => {
  scope.onmessage = ({ data }) => take(data);
  return take;
});
scope.onmessage = ({ data }) => void loading.then((take) => take(data));
