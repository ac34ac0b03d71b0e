import type { Files, PlaceJob, PlaceResult, SyncJob } from "./files.ts";

type Job = { readonly place: PlaceJob } | { readonly sync: SyncJob };

/** Returns the memory that goes along with a job. */
function memoryOf(job: Job): ArrayBuffer[] {
  if ("sync" in job) return [];
  const { documents, streams } = job.place;
  const bodies = [...documents.map(({ body }) => body), ...streams.flatMap(({ bodies }) => bodies)];
  return [...new Set(bodies.map(({ buffer }) => buffer as ArrayBuffer))];
}

/** A thread for work with files, started when it is first needed. Jobs are done in order. */
export class FileThread {
  #port: MessagePort | undefined;
  #isStarted = false;
  readonly #waiting: Job[] = [];
  readonly #resolvers: ((answer: unknown) => void)[] = [];

  /** @param start starts the thread, which eventually leads to a call of {@linkcode connect} */
  constructor(private readonly start: () => void) {}

  /** Connects the thread through `port`; {@linkcode serveFiles} serves the other end. */
  connect(port: MessagePort): void {
    this.#port = port;
    port.onmessage = ({ data }) => this.#resolvers.shift()!(data);
    for (const job of this.#waiting.splice(0)) port.postMessage(job, memoryOf(job));
  }

  /** See {@linkcode Files.place}. The memory of the bodies belongs to the thread from then on. */
  place(job: PlaceJob): Promise<PlaceResult> {
    return this.#run({ place: job });
  }

  /** See {@linkcode Files.sync}. */
  sync(job: SyncJob): Promise<Map<string, string>> {
    return this.#run({ sync: job });
  }

  #run<T>(job: Job): Promise<T> {
    return new Promise((resolve) => {
      this.#resolvers.push(resolve as (answer: unknown) => void);
      if (this.#port) this.#port.postMessage(job, memoryOf(job));
      else this.#waiting.push(job);
      if (!this.#isStarted) this.start();
      this.#isStarted = true;
    });
  }
}

/** Does the jobs that arrive through `port`. */
export function serveFiles(port: MessagePort, files: Files): void {
  port.onmessage = ({ data }: MessageEvent<Job>) =>
    port.postMessage("place" in data ? files.place(data.place) : files.sync(data.sync));
}
