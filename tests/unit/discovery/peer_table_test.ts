import { assertEquals } from "@std/assert";
import { Proof } from "../../../lib/discovery/peer_addresses.ts";
import { PeerTable } from "../../../lib/discovery/peer_table.ts";

Deno.test("in a full roster the unproven give way, those of one flooding host first, and nobody to a claim who is proven and up", () => {
  const removed: string[] = [];
  const note = (entry: { readonly id: string }) => removed.push(entry.id);
  const table = new PeerTable(() => false, 4);
  const add = (id: string, host: string, proof: Proof, heardAt: number) => {
    const entry = table.add({ id, host, proof }, note);
    if (!entry) return;
    entry.proof = proof;
    entry.heardAt = heardAt;
    entry.candidates.learn(host, 3333, 1, heardAt, undefined);
    table.setState(entry, "up");
  };
  add("session", "10.0.0.1", Proof.session, 0);
  add("echo", "10.0.0.2", Proof.echo, 1);
  add("heard", "10.0.0.3", Proof.none, 2);
  add("flood-1", "10.6.6.6", Proof.none, 3);
  add("flood-2", "10.6.6.6", Proof.none, 4);
  add("other", "10.0.0.4", Proof.none, 5);
  assertEquals([removed, table.size], [["flood-1", "heard"], 4]);
  add("echo-2", "10.0.0.5", Proof.echo, 6);
  add("echo-3", "10.0.0.6", Proof.echo, 7);
  assertEquals(removed.slice(2), ["flood-2", "other"]);
  assertEquals(table.add({ id: "claim", host: "10.0.0.7", proof: Proof.none }, note), undefined);
  table.setState(table.get("echo-2")!, "gone");
  add("claim", "10.0.0.7", Proof.none, 8);
  assertEquals(
    [removed.slice(4), table.get("echo-2")],
    [[], undefined],
    "one that is gone goes without a word",
  );
  add("session-2", "10.0.0.8", Proof.session, 9);
  add("session-3", "10.0.0.9", Proof.session, 10);
  assertEquals(removed.slice(4), ["claim", "echo"]);
  assertEquals([table.size, table.up().length, table.heardSince(9)], [4, 4, 2]);
});
