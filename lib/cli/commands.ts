import { ask } from "./commands/ask.ts";
import { chat } from "./commands/chat.ts";
import type { Command } from "./command.ts";
import { dial } from "./commands/dial.ts";
import { doctor } from "./commands/doctor.ts";
import { group } from "./commands/group.ts";
import { id } from "./commands/id.ts";
import { inbox } from "./commands/inbox.ts";
import { join } from "./commands/join.ts";
import { known } from "./commands/known.ts";
import { on } from "./commands/on.ts";
import { peers } from "./commands/peers.ts";
import { run } from "./commands/run.ts";
import { say } from "./commands/say.ts";
import { send } from "./commands/send.ts";
import { block, forget, trust } from "./commands/trust.ts";

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  chat,
  run,
  peers,
  say,
  send,
  ask,
  inbox,
  on,
  id,
  group,
  join,
  known,
  trust,
  forget,
  block,
  dial,
  doctor,
];
