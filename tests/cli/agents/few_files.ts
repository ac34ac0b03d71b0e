// Runs a command of the program with so many file descriptors left: few_files.ts COUNT COMMAND. Opens all that it may, so
// the limit should be low.

import { main } from "../../../lib/cli/main.ts";

// What Deno itself opens for signals; it does not survive to find no descriptor for them.
Deno.addSignalListener("SIGUSR1", () => {});
const [count, ...args] = Deno.args;
const files: Deno.FsFile[] = [];
try {
  for (;;) files.push(Deno.openSync("/dev/null"));
} catch { /* that was the last one */ }
for (const file of files.splice(0, Number(count))) file.close();
Deno.exit(await main(args));
