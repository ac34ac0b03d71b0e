// What tests of `earshot on` share: programs that note what they run for.

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { pollUntil } from "../support/patience.ts";
import type { Program } from "../support/program.ts";
import type { Host } from "./hosts.ts";

/** Writes a shell script that notes what it was run for, and gives its path. */
export async function script(host: Host, name: string, body: string): Promise<string> {
  const path = await host.file(name, `#!/bin/sh\n${body}\n`);
  await Deno.chmod(path, 0o755);
  return path;
}

/** What scripts wrote to a file of the home, by lines. */
export function noted(host: Host, file = "noted"): string[] {
  try {
    return Deno.readTextFileSync(join(host.home, file)).split("\n").slice(0, -1);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

export function untilNoted(host: Host, count: number, file = "noted"): Promise<void> {
  return pollUntil(
    () => noted(host, file).length >= count,
    () => `${count} lines, there are ${JSON.stringify(noted(host, file))}`,
  );
}

/** Bob sends a document to Alice. */
export async function send(bob: Host, name: string, body: string, ...options: string[]): Promise<void> {
  const { code, stderr } = await bob.run(
    ["send", "-", "--to", "alice", `--name=${name}`, ...options],
    { input: body },
  );
  assertEquals(code, 0, stderr);
}

/** `on` of Alice, once it has taken its place. */
export async function startOn(alice: Host, ...args: string[]): Promise<Program> {
  const program = alice.start(["on", "--verbose", ...args]);
  await program.waitForStderr(/Waiting for arrivals/);
  return program;
}

/** What a program of the system prints. */
export async function ask(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(program, { args, stderr: "null" }).output();
  return new TextDecoder().decode(stdout);
}

export async function isAlive(pid: string | undefined): Promise<boolean> {
  return /^[^Z]/.test((await ask("ps", "-o", "stat=", "-p", pid!)).trim());
}
