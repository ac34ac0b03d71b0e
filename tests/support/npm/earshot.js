#!/usr/bin/env node
// Runs Earshot with the Deno that npm installed beside it. Signals and the exit code pass through.

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const deno = findDeno();
const program = join(root, "program");
// As lib/cli/profile/program_command.ts has it.
const runtime = ["--v8-flags=--max-semi-space-size=8"];
const options = ["-q", ...runtime, "--config", join(program, "deno.json"), "-P=earshot", "--no-prompt"];
const child = spawn(deno, ["run", ...options, join(program, "main.js"), ...process.argv.slice(2)], {
  stdio: "inherit",
  env: { ...process.env, DENO_NO_UPDATE_CHECK: "1" },
});
if (process.platform === "win32") {
  // The console asks both to end; to pass it on would kill the program at once.
  for (const signal of ["SIGINT", "SIGBREAK"]) process.on(signal, () => {});
} else {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) {
    process.on(signal, () => child.kill(signal));
  }
}
child.on("error", (error) => fail(`${deno} cannot be started: ${error.message}`));
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});

/** Finds the binary of the package `deno`, which has one package for each platform. */
function findDeno() {
  const inDeno = createRequire(createRequire(import.meta.url).resolve("deno/package.json"));
  const libc = process.platform === "linux" ? "-glibc" : "";
  const platform = `@deno/${process.platform}-${process.arch}${libc}`;
  try {
    const name = process.platform === "win32" ? "deno.exe" : "deno";
    return join(dirname(inDeno.resolve(`${platform}/package.json`)), name);
  } catch {
    fail(`there is no Deno for this platform: npm has not installed ${platform}`);
  }
}

function fail(why) {
  console.error(`earshot: ${why}.`);
  process.exit(1);
}
