import { saveGroup } from "../../identity/group.ts";
import { parseJoinCode } from "../../identity/join_code.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { type Context, expectArgs, unlessInterrupted } from "../command.ts";
import { checkNoOpenGroup, groupToLeave, inAnother, remarkRestart } from "../profile/closed_group.ts";

/** Longest line that is read, characters; join codes are shorter. */
const LINE_MAX = 1_000;

/** `earshot join`: joins a closed group. */
export async function run(context: Context): Promise<ExitCode> {
  const { state } = context.config;
  const [given = "-"] = expectArgs(context, 0, 1);
  const wanted = parseJoinCode(given === "-" ? await askForCode(context) : given);
  checkNoOpenGroup(context, wanted.name);
  const present = groupToLeave(state);
  if (present !== undefined && present.code !== wanted.code) throw inAnother(present.name);
  saveGroup(state, wanted.code);
  context.out.line(`Joined the group "${wanted.name}".`);
  await remarkRestart(context);
  return ExitCode.done;
}

/** Reads the first line of standard input; on a terminal, asks for it. */
async function askForCode({ err, interrupted }: Context): Promise<string> {
  if (Deno.stdin.isTerminal()) err.raw("Join code: ");
  const line = await unlessInterrupted(firstLine(Deno.stdin.readable), interrupted);
  if (line.trim() !== "") return line;
  throw new UserError(
    "There is no join code on standard input: `earshot group show` prints it.",
    ExitCode.usage,
  );
}

async function firstLine(input: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of input) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes("\n") || text.length > LINE_MAX) break;
  }
  return text.split("\n")[0]!;
}
