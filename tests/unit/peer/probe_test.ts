import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import dgram from "node:dgram";
import { saveGroup } from "../../../lib/identity/group.ts";
import { newJoinCode } from "../../../lib/identity/join_code.ts";
import { type Heard, Probe } from "../../../lib/peer/probe.ts";
import { LoopbackPeers } from "../../support/loopback_peer.ts";
import { pollUntil } from "../../support/patience.ts";

/** Opens a probe on loopback, and hands over what it hears. */
async function withProbe(
  state: string,
  group: string | undefined,
  fn: (probe: Probe, heard: Heard[]) => Promise<void>,
): Promise<void> {
  const heard: Heard[] = [];
  const probe = await Probe.open({ state, group, interfaces: ["lo"] }, (each) => heard.push(each));
  try {
    await fn(probe, heard);
  } finally {
    await probe.close();
  }
}

Deno.test("a probe hears its own question and the answers of its group, and enters no roster", async () => {
  await using peers = new LoopbackPeers();
  const alice = await peers.start("alice");
  await withProbe(join(peers.folder, "none"), peers.group, async (probe, heard) => {
    const round = probe.askAll();
    const answer = () => heard.find(({ kind, answers }) => kind === "peer" && answers === round);
    await pollUntil(
      () => answer() !== undefined && heard.some(({ kind }) => kind === "echo"),
      () => `an answer and an echo; there were ${JSON.stringify(heard)}`,
    );
    assertEquals(answer()!.announcement!.id, alice.id);
    assertEquals(answer()!.announcement!.port, alice.port);
  });
  assertEquals(alice.peers(), []);
});

Deno.test("a probe of a closed group understands it, and leaves its file as it is; another hears only that it is there", async () => {
  await using peers = new LoopbackPeers();
  const state = join(peers.folder, "closed");
  const code = newJoinCode(peers.group, crypto.getRandomValues(new Uint8Array(16)));
  saveGroup(state, code);
  Deno.chmodSync(join(state, "join-code"), 0o644);
  const alice = await peers.start("alice", { group: undefined, joinCode: code });
  await withProbe(state, undefined, async (probe, heard) => {
    assertEquals(probe.group, peers.group);
    await withProbe(join(peers.folder, "none"), "other", async (_, outside) => {
      const round = probe.askAll();
      await pollUntil(
        () =>
          heard.some(({ answers }) => answers === round) &&
          outside.some(({ kind }) => kind === "other-group"),
        () => JSON.stringify([heard, outside]),
      );
      assert(heard.some(({ announcement }) => announcement?.id === alice.id));
      assert(outside.every(({ announcement }) => announcement?.id !== alice.id));
    });
  });
  assertEquals(Deno.statSync(join(state, "join-code")).mode! & 0o777, 0o644);
});

Deno.test("a flood from one host, and what is not Earshot's, does not drown the others", async () => {
  await using peers = new LoopbackPeers();
  await withProbe(join(peers.folder, "none"), peers.group, async (probe, heard) => {
    const socket = dgram.createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.9", resolve));
    socket.setMulticastInterface("127.0.0.1");
    const send = (text: string) =>
      new Promise<void>((resolve) => socket.send(text, 3333, "239.255.83.72", () => resolve()));
    for (let i = 0; i < 300; i++) {
      await send("ES7.{}");
      await send("nonsense");
    }
    const flood = () => heard.filter(({ from }) => from.host === "127.0.0.9");
    await pollUntil(() => flood().length >= 100, () => `there were ${heard.length}`);
    probe.askAll();
    await pollUntil(() => heard.some(({ kind }) => kind === "echo"), () => "its own question");
    assert(flood().length <= 128, `${flood().length}`);
    assert(flood().every(({ kind, version }) => kind === "other-version" && version === 7));
    socket.close();
  });
});
