import { assertEquals, assertRejects } from "@std/assert";
import { type Context, Interrupted } from "../../../../lib/cli/command.ts";
import { lastingPeer } from "../../../../lib/cli/profile/lasting_peer.ts";

Deno.test("no peer is started for a program that the user has ended", async () => {
  const state = await Deno.makeTempDir();
  try {
    const ended = { config: { state, inbox: state }, interrupted: AbortSignal.abort() } as unknown as Context;
    await assertRejects(() => lastingPeer(ended).status(), Interrupted);
    assertEquals([...Deno.readDirSync(state)], []);
  } finally {
    await Deno.remove(state, { recursive: true });
  }
});
