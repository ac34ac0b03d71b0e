// Earshot on a machine whose clock is an hour ahead: its arguments are those of the program.
const now = Date.now;
Date.now = () => now() + 3_600_000;
const { main } = await import("../../../lib/cli/main.ts");
Deno.exit(await main(Deno.args));
