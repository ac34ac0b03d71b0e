import { decision } from "./decision.ts";

/** `earshot trust`: from now on this name belongs to this key. */
export const trust = decision("trust", "NAME|ID", "from now on this name belongs to this peer", "Trusted");
