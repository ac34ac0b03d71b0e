import { GENERAL_OPTIONS, type OptionKey, OPTIONS, type OptionValues } from "../../config/options.ts";
import { fromFileUrl, join } from "../../platform/std_path.ts";

/** Options that say how a command prints, or that are no options of a peer that runs. */
const NOT_HANDED_ON: readonly OptionKey[] = ["json", "help", "version"];

/**
 * How the runtime is started. V8 gives young objects more room the more messages there are, up to some 40 MiB in a thread,
 * and seldom takes it back. With some 17 MiB the program needs no more processor time; with less it does.
 */
export const RUNTIME_OPTIONS: readonly string[] = ["--v8-flags=--max-semi-space-size=8"];

/** Returns the command that this program was started with: an absolute path, and arguments. */
export function programCommand(): string[] {
  if (Deno.build.standalone) return [Deno.execPath()];
  const main = fromFileUrl(Deno.mainModule);
  const config = join(main, "..", "deno.json");
  const options = ["-q", ...RUNTIME_OPTIONS, "--config", config, "-P=earshot", "--no-prompt"];
  return [Deno.execPath(), "run", ...options, main];
}

/** Writes options as another command line takes them. @param keys the options that it takes, every peer's unless told */
export function optionArgs(
  given: Partial<OptionValues>,
  keys: readonly OptionKey[] = GENERAL_OPTIONS,
): string[] {
  return keys.filter((key) => !NOT_HANDED_ON.includes(key)).flatMap((key) => {
    const value = given[key];
    const { flag, value: takes, bare } = OPTIONS[key];
    if (value === undefined) return [];
    if (takes === undefined || value === bare) return [`--${flag}`];
    return (Array.isArray(value) ? value : [value]).map((one) => `--${flag}=${one}`);
  });
}
