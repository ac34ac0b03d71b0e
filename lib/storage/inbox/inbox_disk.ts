import { dirname } from "../../platform/std_path.ts";

/**
 * The disk of the inbox. One that is unmounted must not look like an inbox whose files the owner removed: that is told by
 * the device on which the folder was, or what is left of its path.
 */
export class InboxDisk {
  /** Where the inbox was when it was seen first. */
  #device: number | null | undefined;

  /** @param root path of the inbox, normalized; it need not exist */
  constructor(private readonly root: string) {
    void this.isThere;
  }

  /** True if the disk is there, and so is the inbox or its owner removed it. */
  get isThere(): boolean {
    for (let path = this.root;; path = dirname(path)) {
      try {
        const { dev } = Deno.statSync(path);
        if (path === this.root) this.#device ??= dev;
        return dev === this.#device;
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound) || path === dirname(path)) return false;
      }
    }
  }
}
