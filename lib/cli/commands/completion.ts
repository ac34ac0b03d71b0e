import { loadConfig } from "../../config/config.ts";
import { OPTIONS } from "../../config/options.ts";
import { ExitCode } from "../../platform/user_error.ts";
import { type Context, expectArgs, wrongUsage } from "../command.ts";
import { complete, peerWords } from "../completion/complete.ts";
import { SCRIPTS, type Shell } from "../completion/scripts.ts";
import { oneLine } from "../terminal/text.ts";

/** Word in place of a shell by which the scripts ask. */
const ASK = "words";

/** `earshot completion`: prints the script of a shell, and answers what these scripts ask. */
export async function run(context: Context): Promise<ExitCode> {
  const { args } = context.config;
  if (args[0] === ASK) return await answer(context, args.slice(1));
  const [shell] = expectArgs(context, 1);
  if (!Object.hasOwn(SCRIPTS, shell!)) throw wrongUsage(context, `unknown shell "${shell}"`);
  context.out.raw(SCRIPTS[shell as Shell]);
  return ExitCode.done;
}

/** Prints what can stand at the end of a line: a line of word, tab and help each; `:files` if a file can. */
async function answer(context: Context, line: readonly string[]): Promise<ExitCode> {
  const { words, lookUp, prefix } = complete(line, context.commands);
  const current = line.at(-1) ?? "";
  const tell = (word: string, help = "") => {
    const whole = prefix + word;
    if (whole.startsWith(current) && oneLine(whole) === whole) context.out.line(`${whole}\t${oneLine(help)}`);
  };
  for (const [word, help] of words) tell(word, help);
  if (lookUp === "files") context.out.line(":files");
  if (lookUp === undefined || lookUp === "files") return ExitCode.done;
  const config = loadConfig([...profileArgs(line), "known"], context.commands);
  // Most of what is completed needs no peer, and a key that is pressed waits for all that is loaded.
  const { completedPeers } = await import("../completion/peers.ts");
  const peers = await completedPeers({ ...context, config });
  for (const [word, help] of peerWords(peers, lookUp)) tell(word, help);
  if (lookUp === "recipients") {
    for (const { name, members } of config.sets) tell(`@${name}`, members.join(", "));
  }
  return ExitCode.done;
}

/** Returns the options of a line that say which profile it is about. */
function profileArgs(line: readonly string[]): string[] {
  const flags = [OPTIONS.profile, OPTIONS.state, OPTIONS.config].map(({ flag }) => `--${flag}`);
  return line.slice(0, -1).flatMap((word, i) => {
    const [flag, value = line[i + 1]!] = word.split(/=(.*)/s);
    return flags.includes(flag!) && value !== "" ? [`${flag}=${value}`] : [];
  });
}
