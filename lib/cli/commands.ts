import { block } from "./block.ts";
import { chat } from "./chat.ts";
import type { Command } from "./command.ts";
import { forget } from "./forget.ts";
import { group } from "./group.ts";
import { id } from "./id.ts";
import { inbox } from "./inbox.ts";
import { join } from "./join.ts";
import { known } from "./known.ts";
import { peers } from "./peers.ts";
import { run } from "./run.ts";
import { say } from "./say.ts";
import { send } from "./send.ts";
import { trust } from "./trust.ts";

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  chat,
  run,
  peers,
  say,
  send,
  inbox,
  id,
  group,
  join,
  known,
  trust,
  forget,
  block,
];
