import { decision } from "./decision.ts";

/** `earshot block`: refuse everything from an id. */
export const block = decision("block", "ID", "refuse everything from a peer", "Blocked");
