import { main } from "./lib/cli/main.ts";
import { giveUpPermissions } from "./lib/cli/permissions.ts";

if (import.meta.main) {
  giveUpPermissions(Deno.args);
  Deno.exit(await main(Deno.args));
}
