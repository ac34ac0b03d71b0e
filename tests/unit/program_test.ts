import { assertEquals } from "@std/assert";
import { Program } from "../support/program.ts";

Deno.test("a wait for a line of a program takes one line, though several come at once", async () => {
  const process = new Deno.Command("sh", {
    args: ["-c", "sleep 0.1; printf '1\\n2\\n3\\n'; read wait"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await using program = new Program(process, "three lines", true);
  for (const line of ["1", "2", "3"]) assertEquals(await program.waitForLine(/^\d$/), line);
});
