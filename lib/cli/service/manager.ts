/** A peer that a service manager is to keep running. */
export interface ServicePlan {
  /** Profile of the peer; the default one if undefined. */
  readonly profile: string | undefined;
  /** The command, an absolute path, and its arguments. */
  readonly command: readonly string[];
}

/** The surroundings that a service manager finds its files by. */
export interface ServicePlaces {
  readonly home: string;
  readonly uid: number | undefined;
  /** An environment variable, undefined if it is missing or empty. */
  readonly env: (name: string) => string | undefined;
}

/** How the peer of a profile becomes a service of its user, and is none again. */
export interface ServiceManager {
  /** Name of the service there. */
  readonly name: string;
  /** File that describes the service; none where a command does. */
  readonly file?: { readonly path: string; readonly content: string };
  /** True if this program runs the commands; otherwise they are printed. */
  readonly isRun: boolean;
  /** Commands that end one that was installed before; if they fail, there is none. */
  readonly replace: readonly (readonly string[])[];
  /** Commands that start it, now and with every login. */
  readonly start: readonly (readonly string[])[];
  /** Commands that end it, while its file is there. */
  readonly stop: readonly (readonly string[])[];
  /** Commands once its file is gone. */
  readonly forget: readonly (readonly string[])[];
  /** Command whose output {@linkcode processOf} reads. */
  readonly status: readonly string[];
  /** The process that runs, by the output of `status`; undefined if none does. */
  readonly processOf: (output: string) => number | undefined;
  /** Sentences for the user once it is installed. */
  readonly hint?: string;
}
