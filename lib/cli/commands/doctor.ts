import { bold, dim, green, red, yellow } from "@std/fmt/colors";
import { ControlClient, SilentPeerError } from "../../control/client.ts";
import { diagnose, type Examined, readTools } from "../../doctor/doctor.ts";
import type { Finding, Status } from "../../doctor/finding.ts";
import type { KnownPeer, Profile } from "../../doctor/scene.ts";
import { checkSelection, readLinks } from "../../net/interfaces.ts";
import { ExitCode } from "../../platform/user_error.ts";
import { EARSHOT_PORT } from "../../protocol/limits.ts";
import { type Command, type Context, expectArgs, jsonLine, remark, unlessInterrupted } from "../command.ts";
import { controlPath } from "../profile/control_socket.ts";
import { clientOptions } from "../profile/with_peer.ts";
import { oneLine } from "../terminal/text.ts";

/** How long the running peer may be silent, milliseconds. */
const PATIENCE = 1_000;

const COLORS: Record<Status, (text: string) => string> = {
  pass: green,
  warning: yellow,
  fault: red,
  unknown: dim,
};

/** `earshot doctor`: looks for what keeps peers apart. */
export const doctor: Command = {
  name: "doctor",
  usage: "",
  summary: "why peers do not see each other, and what to do",
  details:
    "Takes at most 15 s. Each check is a pass, a warning, a fault, or unknown if it cannot be seen from here; with what\n" +
    "was seen, what to do, and the commands to type. It changes nothing. As root it can read more, such as the rules of\n" +
    "a firewall. Exit code 1 if there is a fault, else 0.",
  options: [],
  startsPrograms: true,
  async run(context) {
    expectArgs(context, 0);
    return await unlessInterrupted(examine(context), context.interrupted);
  },
};

async function examine(context: Context): Promise<ExitCode> {
  const { config, out } = context;
  checkSelection(readLinks(), config.given.interface);
  const { profile, group } = await profileOf(context);
  const examined: Examined = { profile, group: config.given.group ?? group, interfaces: config.interface };
  const system = await readTools(examined);
  // From here on it hears whatever anybody sends.
  Deno.permissions.revokeSync({ name: "run" });
  if (config.verbose) {
    const { state } = Deno.permissions.querySync({ name: "run" });
    const may = state === "granted" ? "may still" : "may no longer";
    remark(context, `earshot: The system's tools are read; this process ${may} start programs.`);
  }
  const findings = await diagnose(examined, system, (finding) => {
    if (config.json) out.line(jsonLine(finding));
    else for (const line of linesOf(finding)) out.line(line);
  });
  const faults = findings.filter(({ status }) => status === "fault");
  if (!config.json) remark(context, summaryOf(findings));
  return faults.length > 0 ? ExitCode.failed : ExitCode.done;
}

/** The profile with what its running peer knows, and its group if that is an open one. */
async function profileOf(context: Context): Promise<{ profile: Profile; group: string | undefined }> {
  const { state, inbox, port = EARSHOT_PORT, group } = context.config;
  const profile = { state, inbox, port, roster: [] };
  const client = await ControlClient.connect(controlPath(state), clientOptions(state, PATIENCE));
  if (!client) return { profile, group };
  try {
    const [status, peers] = await Promise.all([client.status(), client.peers()]);
    const roster = peers.flatMap(({ name, address }): KnownPeer[] => {
      const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(address) ?? [];
      const host = bracketed ?? plain;
      return host === undefined ? [] : [{ name, address: { host, port: Number(port) } }];
    });
    if (status.brief) return { profile: { ...profile, roster }, group };
    const running = { pid: status.pid, port: status.port };
    return {
      profile: { ...profile, inbox: status.inbox, running, roster },
      group: status.closed ? undefined : status.group,
    };
  } catch (error) {
    if (error instanceof SilentPeerError) remark(context, `earshot: ${error.message}`);
    return { profile, group };
  } finally {
    client.close();
  }
}

function linesOf({ check, status, saw, fix, commands = [] }: Finding): string[] {
  return [
    `${COLORS[status](status.padEnd(8))} ${bold(check.padEnd(11))} ${oneLine(saw)}`,
    ...(fix === undefined ? [] : [`${" ".repeat(21)}${oneLine(fix)}`]),
    ...commands.map((command) => `${" ".repeat(23)}${oneLine(command)}`),
  ];
}

function summaryOf(findings: readonly Finding[]): string {
  const count = (status: Status, one: string) => {
    const number = findings.filter((finding) => finding.status === status).length;
    return number === 0 ? [] : [`${number} ${one}${number === 1 ? "" : "s"}`];
  };
  const list = [...count("fault", "fault"), ...count("warning", "warning")];
  return list.length === 0 ? "Nothing was found that keeps peers apart." : `Found: ${list.join(", ")}.`;
}
