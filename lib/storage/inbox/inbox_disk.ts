import { dirname } from "../../platform/std_path.ts";

/**
 * The disk of the inbox. One that is unmounted must not look like an inbox whose files the owner removed. The two are
 * told apart by the device of the folder, or of its nearest existing parent; not if the disk was never there since the
 * start.
 */
export class InboxDisk {
  /** Device on which the disk is mounted; undefined if the inbox is on that of the root folder. */
  #below: number | null | undefined;

  /** @param root path of the inbox, normalized; it need not exist */
  constructor(private readonly root: string) {
    void this.isThere;
  }

  /** True if the disk is there, whether or not the inbox is. */
  get isThere(): boolean {
    const [device, ...parents] = devicesFrom(this.root);
    if (device === undefined || device === this.#below) return false;
    this.#below = parents.find((parent) => parent !== device);
    return true;
  }
}

/** Lists the devices of the nearest existing folder and of all above it. */
function devicesFrom(path: string): (number | null)[] {
  const devices: (number | null)[] = [];
  for (let below = ""; path !== below; [below, path] = [path, dirname(path)]) {
    try {
      devices.push(Deno.statSync(path).dev);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) return devices;
    }
  }
  return devices;
}
