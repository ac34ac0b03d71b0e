// Draws on the terminal as the chat does, and ends by a fault once a key is pressed.

import { Output } from "../../../lib/cli/terminal/output.ts";
import { Tty } from "../../../lib/cli/terminal/tty.ts";

const out = new Output(Deno.stdout);
const tty = new Tty((text) => out.raw(text), () => out.flush());
const nothing = () => {};
tty.open({
  input: () => {
    throw new Error("a fault");
  },
  ended: nothing,
  resized: nothing,
  resumed: nothing,
  leaving: nothing,
  unstoppable: nothing,
});
out.line("listening");
globalThis.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  Deno.exit(1);
});
