// What tests need from the machine. Where it is missing a test is ignored, and `deno task test` says so; where
// EARSHOT_REQUIRE (a comma-separated list) names it, the test runs regardless and fails: nothing is skipped in silence.

import { Lan } from "./lan.ts";

/** The command of the browser that tests open pages in. */
export const BROWSER = "chromium";

/** Something that a test needs and not every machine has. */
export type Need =
  | "lan"
  | "tmux"
  | "strace"
  | "tcpdump"
  | "browser"
  | "firmware"
  | "wasm"
  | "programs"
  | "shells"
  | "debian";

/** What EARSHOT_REQUIRE says must not be missing. */
export function requiredNeeds(): string[] {
  return (Deno.env.get("EARSHOT_REQUIRE") ?? "").split(",").map((need) => need.trim()).filter(Boolean);
}

/**
 * For the `ignore` of a test: true where this machine lacks what the test needs and EARSHOT_REQUIRE does not name it.
 * `lan`: network namespaces (Linux, root, iproute2); `tmux`: a terminal that a test can type into; `strace`: a view of
 * the system calls of a program; `tcpdump`: one of the packets of a host; `browser`: one to open pages in; `firmware`: a C compiler and the crypto library
 * of boards; `wasm`: a compiler to WebAssembly; `programs`: what other people's programs are run with; `shells`: those that commands are completed in;
 * `debian`: packages of Debian, installed by root.
 */
export function lacks(need: Need): boolean {
  return !requiredNeeds().includes(need) && !has[need]();
}

const has: Record<Need, () => boolean> = {
  lan: () => Lan.available() === undefined,
  tmux: () => succeeds("tmux", "-V"),
  strace: () => succeeds("strace", "-o", "/dev/null", "true"),
  tcpdump: () => succeeds("tcpdump", "--version"),
  browser: () => succeeds(BROWSER, "--version"),
  firmware: () =>
    succeeds("make", "--version") &&
    succeeds("gcc", "-fsyntax-only", "-include", "psa/crypto.h", "-xc", "/dev/null"),
  wasm: () => succeeds("clang-14", "--version") && succeeds("wasm-ld-14", "--version"),
  programs: () =>
    succeeds("gcc", "--version") &&
    succeeds("node", "--version") &&
    succeeds("python3", "--version") &&
    succeeds("curl", "--version") &&
    succeeds("nc", "-h"),
  shells: () => ["bash", "zsh", "fish"].every((shell) => succeeds(shell, "--version")),
  debian: () =>
    Deno.uid() === 0 && succeeds("dpkg-deb", "--version") && succeeds("systemd-analyze", "--version"),
};

function succeeds(command: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(command, { args, stdin: "null" }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
