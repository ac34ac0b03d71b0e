import type { Files, PlaceJob, PlaceResult, SyncJob } from "./files.ts";

type Job = { readonly place: PlaceJob } | { readonly sync: SyncJob };

/** Work with files that another thread does, which is started when there is some. Jobs are done in order. */
export class FileThread {
  #port: MessagePort | undefined;
  #isStarted = false;
  readonly #waiting: Job[] = [];
  readonly #resolvers: ((answer: unknown) => void)[] = [];

  /** @param start has the thread started and, in time, {@linkcode connect} called */
  constructor(private readonly start: () => void) {}

  /** Reaches the thread through `port`, whose other end {@linkcode serveFiles} serves. */
  connect(port: MessagePort): void {
    this.#port = port;
    port.onmessage = ({ data }) => this.#resolvers.shift()!(data);
    for (const job of this.#waiting.splice(0)) port.postMessage(job);
  }

  /** See {@linkcode Files.place}. */
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
      if (this.#port) this.#port.postMessage(job);
      else this.#waiting.push(job);
      if (!this.#isStarted) this.start();
      this.#isStarted = true;
    });
  }
}

/** Does the jobs that come through `port`. */
export function serveFiles(port: MessagePort, files: Files): void {
  port.onmessage = ({ data }: MessageEvent<Job>) =>
    port.postMessage("place" in data ? files.place(data.place) : files.sync(data.sync));
}
