import { fromFileUrl } from "@std/path";
import { Program, programEnv } from "../support/program.ts";
import type { PeerProgramSettings } from "./peer_program.ts";

const PROGRAM = fromFileUrl(new URL("./peer_program.ts", import.meta.url));
const CONFIG = fromFileUrl(new URL("../../deno.json", import.meta.url));

/** Starts `peer_program.ts` in a process of its own; its input is open. */
export function startPeer(settings: PeerProgramSettings): Program {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", `--config=${CONFIG}`, "-P=test", PROGRAM, JSON.stringify(settings)],
    env: programEnv(),
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return new Program(child, settings.name, true);
}
