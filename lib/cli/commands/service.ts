import { CONFIG_FILE } from "../../config/config_file.ts";
import { GENERAL_OPTIONS, PLAIN_OPTIONS } from "../../config/options.ts";
import { writeFileAtomic } from "../../platform/atomic_write.ts";
import { homeFolder, systemPlaces } from "../../platform/paths.ts";
import { existsSync } from "../../platform/std_fs.ts";
import { dirname, join, resolve } from "../../platform/std_path.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { type Context, expectArgs, jsonLine, remark, wrongUsage } from "../command.ts";
import { gatewayOf } from "../profile/gateway.ts";
import { optionArgs, programCommand } from "../profile/program_command.ts";
import { launchd } from "../service/launchd.ts";
import type { ServiceManager } from "../service/manager.ts";
import { scheduledTask, windowsLine } from "../service/scheduled_task.ts";
import { systemd } from "../service/systemd.ts";
import { oneLine } from "../terminal/text.ts";

/** How long a command of the service manager may take, milliseconds. */
const PATIENCE = 30_000;

/** `earshot service`: makes a peer of this profile a service of the user, which runs whether a terminal is open or not. */
export async function run(context: Context): Promise<ExitCode> {
  const [action] = expectArgs(context, 1);
  if (action !== "install" && action !== "uninstall" && action !== "status") {
    throw wrongUsage(context, `unknown action "${action}"`);
  }
  const manager = managerOf(context);
  if (!manager.isRun) return tellCommands(context, manager, action);
  if (action === "install") return await install(context, manager);
  if (action === "uninstall") return await uninstall(context, manager);
  return await tellStatus(context, manager);
}

function managerOf({ config }: Context): ServiceManager {
  const home = homeFolder();
  const command = [...programCommand(), "run", ...runOptions(config)];
  const plan = { profile: config.profile, command };
  if (Deno.build.os === "windows") return scheduledTask(plan);
  if (home === undefined) {
    throw new UserError("This user has no home folder: a service of a user needs one.", ExitCode.usage);
  }
  const places = { home, uid: Deno.uid() ?? undefined, env: systemPlaces.env };
  return Deno.build.os === "darwin" ? launchd(plan, places) : systemd(plan, places);
}

/**
 * Returns the options of the peer: those given here, with the folders that the environment of this command names, and
 * the configuration file of this folder, in which the service does not run.
 */
function runOptions({ given, state, inbox, file }: Context["config"]): string[] {
  const isElsewhere = ["EARSHOT_STATE", "XDG_STATE_HOME"].some((name) => systemPlaces.env(name));
  const folders = isElsewhere ? { state, inbox } : {
    state: given.state && state,
    inbox: given.inbox && inbox,
  };
  const isOfState = file === undefined || resolve(file) === join(state, CONFIG_FILE);
  const config = given.config === undefined && isOfState ? undefined : resolve(file!);
  return optionArgs({ ...given, ...folders, config }, [...GENERAL_OPTIONS, ...PLAIN_OPTIONS]);
}

function tellCommands({ out }: Context, manager: ServiceManager, action: string): ExitCode {
  const commands = { install: manager.start, uninstall: manager.stop }[action] ?? [manager.status];
  for (const command of commands) out.line(windowsLine(command));
  return ExitCode.done;
}

async function install(context: Context, manager: ServiceManager): Promise<ExitCode> {
  const { path, content } = manager.file!;
  // What is wrong with the options is told here, and not in a log.
  await gatewayOf(context.config);
  try {
    Deno.mkdirSync(dirname(path), { recursive: true });
    writeFileAtomic(path, content);
  } catch (error) {
    throw new UserError(`${path} cannot be written: ${oneLine(String(error))}.`, ExitCode.failed, {
      cause: error,
    });
  }
  for (const command of manager.replace) await troubleWith(command);
  for (const command of manager.start) {
    const trouble = await troubleWith(command);
    if (trouble === undefined) continue;
    throw new UserError(
      `${path} is written, but \`${
        command.join(" ")
      }\` failed (${trouble}): log in as this user and try again.`,
    );
  }
  context.out.line(`Installed and started: ${path}`);
  if (manager.hint !== undefined) remark(context, manager.hint);
  return ExitCode.done;
}

async function uninstall(context: Context, manager: ServiceManager): Promise<ExitCode> {
  const { path } = manager.file!;
  if (!existsSync(path)) throw new UserError(`There is no service ${manager.name}: ${path} does not exist.`);
  const troubles: string[] = [];
  const attempt = async (command: readonly string[]) => {
    const trouble = await troubleWith(command);
    if (trouble !== undefined) troubles.push(`\`${command.join(" ")}\` failed (${trouble})`);
  };
  for (const command of manager.stop) await attempt(command);
  Deno.removeSync(path);
  for (const command of manager.forget) await attempt(command);
  if (troubles.length > 0) {
    throw new UserError(
      `${path} is removed, but ${troubles.join(" and ")}: it may still run until you log out.`,
    );
  }
  context.out.line(`Stopped and removed: ${path}`);
  return ExitCode.done;
}

/** Exit code 1 if it does not run. */
async function tellStatus({ config, out }: Context, manager: ServiceManager): Promise<ExitCode> {
  const { path } = manager.file!;
  const installed = existsSync(path);
  const { stdout, trouble } = await runTool(manager.status);
  const pid = manager.processOf(stdout);
  if (config.json) out.line(jsonLine({ name: manager.name, installed, file: path, pid }));
  else {
    const state = pid === undefined ? "does not run" : `runs as process ${pid}`;
    out.line(`${manager.name} ${state}; ${installed ? path : "not installed"}`);
    if (installed && trouble !== undefined) out.line(`\`${manager.status.join(" ")}\` failed (${trouble}).`);
  }
  return pid === undefined ? ExitCode.failed : ExitCode.done;
}

/** Runs a command; returns why it failed, if it did. */
async function troubleWith(command: readonly string[]): Promise<string | undefined> {
  return (await runTool(command)).trouble;
}

async function runTool([program, ...args]: readonly string[]): Promise<{ stdout: string; trouble?: string }> {
  try {
    const { code, stdout, stderr } = await new Deno.Command(program!, {
      args,
      stdin: "null",
      signal: AbortSignal.timeout(PATIENCE),
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
    const said = oneLine(text(stderr).split("\n").at(-1)!) || `exit code ${code}`;
    return { stdout: text(stdout), trouble: code === 0 ? undefined : said };
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound;
    const trouble = isMissing ? `there is no program "${program}" in the PATH` : oneLine(String(error));
    return { stdout: "", trouble };
  }
}
