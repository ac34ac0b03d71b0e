import { decision } from "./decision.ts";

/** `earshot forget`: as if never met. */
export const forget = decision(
  "forget",
  "NAME|ID",
  "forget what is known of a peer, a block too",
  "Forgotten",
);
