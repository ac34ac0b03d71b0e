import { fromFileUrl } from "@std/path";
import { Program, programEnv } from "../support/program.ts";
import type { AskProgramSettings } from "./ask_program.ts";
import type { PeerPlace } from "./peer_place.ts";
import type { PeerProgramSettings } from "./peer_program.ts";
import type { WithdrawProgramSettings } from "./withdraw_program.ts";

const CONFIG = fromFileUrl(new URL("../../deno.json", import.meta.url));

/** Starts `peer_program.ts` in a process of its own; its input is open. */
export function startPeer(settings: PeerProgramSettings): Program {
  return start("peer_program.ts", settings, "piped");
}

/** Starts `ask_program.ts` in a process of its own. */
export function startAskProgram(settings: AskProgramSettings): Program {
  return start("ask_program.ts", settings, "null");
}

/** Starts `withdraw_program.ts` in a process of its own. */
export function startWithdrawProgram(settings: WithdrawProgramSettings): Program {
  return start("withdraw_program.ts", settings, "null");
}

function start(script: string, settings: PeerPlace, stdin: "piped" | "null"): Program {
  const program = fromFileUrl(new URL(script, import.meta.url));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", `--config=${CONFIG}`, "-P=test", program, JSON.stringify(settings)],
    env: programEnv(),
    clearEnv: true,
    stdin,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return new Program(child, settings.name, stdin === "piped");
}
