import { type Config, loadConfig } from "../config/config.ts";
import { VERSION } from "../peer/version.ts";
import { explain, troubleOf } from "../platform/trouble.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";
import { aborted, type Command, type Context, Interrupted, remark, within } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { Output } from "./terminal/output.ts";
import { useColors } from "./terminal/theme.ts";
import { mayStartPrograms } from "./permissions.ts";
import { interruptSignal } from "./signals.ts";

/** Runs the command line `args` and returns the exit code. Nothing that it started has to be waited for. */
export async function main(args: readonly string[]): Promise<number> {
  const out = new Output(Deno.stdout);
  const err = new Output(Deno.stderr);
  useColors(out.draws && !Deno.noColor);
  const verbose = args.includes("--verbose") || args.includes("-v");
  const fault = (error: unknown) => reportFault(err, error, verbose);
  for (const kind of ["error", "unhandledrejection"] as const) {
    globalThis.addEventListener(kind, (event) => {
      event.preventDefault();
      fault(event instanceof ErrorEvent ? event.error : (event as PromiseRejectionEvent).reason);
      void err.flush().then(() => Deno.exit(ExitCode.failed));
    });
  }
  const interrupted = await interruptSignal();
  let code: number = ExitCode.failed;
  let state: string | undefined;
  try {
    const config = loadConfig(args, COMMANDS);
    state = config.state;
    const context = { config, commands: COMMANDS, out, err, interrupted };
    if (config.verbose && !config.version && !config.help) {
      remark(context, `earshot: This process may ${mayStartPrograms() ? "" : "not "}start programs.`);
      await err.flush();
    }
    for (const warning of config.warnings) remark(context, `earshot: ${warning}`);
    code = await runCommand(context);
  } catch (error) {
    if (error instanceof UserError) {
      err.line(`earshot: ${error.message}`);
      code = error.exitCode;
    } else if (error instanceof Interrupted) code = ExitCode.interrupted;
    else {
      const trouble = await databaseTroubleOf(error, state);
      if (trouble !== undefined) err.line(`earshot: ${trouble}`);
      else if (troubleOf(error).isGeneral) err.line(`earshot: Nothing more can be opened ${explain(error)}.`);
      else fault(error);
    }
  }
  const flushed = Promise.all([out.flush(), err.flush()]);
  await Promise.race([flushed, aborted(interrupted).then(() => within(flushed, 100))]);
  if (out.fault === undefined) return code;
  err.line(`earshot: The output could not be written ${out.fault}.`);
  await within(err.flush(), 100);
  return code === ExitCode.done ? ExitCode.failed : code;
}

async function runCommand(context: Context): Promise<number> {
  const { config, out } = context;
  if (config.version) out.line(`earshot ${VERSION}`);
  else if (config.help) out.line(await helpFor(config));
  else return await (await config.command.load()).run(context);
  return ExitCode.done;
}

async function helpFor({ command }: Config<Command>): Promise<string> {
  const { commandHelp, programHelp } = await import("./help.ts");
  return command.name === "" ? programHelp(COMMANDS) : commandHelp(command);
}

/** Explains an error of the database in the state folder; undefined if it comes from elsewhere. */
async function databaseTroubleOf(error: unknown, state: string | undefined): Promise<string | undefined> {
  const { databaseTrouble, isFromDatabase } = await import("../storage/database/database_error.ts");
  if (!isFromDatabase(error)) return undefined;
  const { databasePath } = await import("../storage/database/open_database.ts");
  return databaseTrouble(error, "cannot be read", state && databasePath(state));
}

function reportFault(err: Output, error: unknown, verbose: boolean): void {
  const what = error instanceof Error ? error.message : String(error);
  err.line(
    `earshot: internal error: ${what}; please report it with what you did` +
      (verbose ? " and this:" : " and what the same command prints with --verbose."),
  );
  if (verbose && error instanceof Error) err.line(error.stack ?? "");
}
