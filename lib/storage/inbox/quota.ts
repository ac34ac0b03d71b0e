import { format } from "@std/fmt/bytes";
import type { Warn } from "./inbox.ts";
import type { NotSaved } from "../types.ts";
import type { UsageTable } from "../tables/usage.ts";

/** There is no room in the inbox: tells the owner, and has the next pass look what the owner removed. */
export function quotaRefusal(quota: number, usage: UsageTable, warn: Warn): NotSaved {
  usage.isShort = true;
  const limit = format(quota, { binary: true });
  warn("quota", `The inbox holds its limit of ${limit}: remove files from it, or raise the limit.`);
  return { saved: false, code: "quota", why: `The inbox holds its limit of ${limit}.` };
}
