import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { findRecipients } from "../../../../lib/cli/messages/recipients.ts";
import type { PeerRef } from "../../../../lib/peer/types.ts";
import { UserError } from "../../../../lib/platform/user_error.ts";
import { BOB, FakeService } from "../../control/fake_service.ts";

const EVE: PeerRef = { id: "e".repeat(24), name: "eve\x1b[2J" };

/** A peer that has `up` around it. */
class Surrounded extends FakeService {
  constructor(up: PeerRef[]) {
    super();
    this.answers.everyone = () => up;
    this.answers.resolve = (target) => {
      const found = up.find((peer) => peer.name === target || peer.id === target);
      return found ?? Promise.reject(new UserError("nobody", 3));
    };
  }
}

Deno.test("without --to a document goes to the one peer that is up, and to nobody where there are more", async () => {
  assertEquals((await findRecipients(new Surrounded([BOB]), undefined, 5, false)).peers, [BOB]);
  const several = await assertRejects(
    () => findRecipients(new Surrounded([BOB, EVE]), undefined, 5, false),
    UserError,
    "There are 2 peers: bob (bbbbbb), eve\u241b[2J (eeeeee).",
  );
  assertEquals(several.exitCode, 2);
  const nobody = await assertRejects(
    () => findRecipients(new Surrounded([]), undefined, 5, false),
    UserError,
  );
  assertEquals(nobody.exitCode, 3);
});

Deno.test("recipients are named once each, all of them by all", async () => {
  const service = new Surrounded([BOB, EVE]);
  assertEquals((await findRecipients(service, ["bob", BOB.id, "all"], 5, false)).peers, [BOB, EVE]);
  assertEquals(
    (await assertRejects(() => findRecipients(service, ["carol"], 5, false), UserError)).exitCode,
    3,
  );
});

Deno.test("the outbox takes a document for an id that is not there, and waits for a name", async () => {
  const service = new Surrounded([]);
  const absent = "c".repeat(24);
  assertEquals((await findRecipients(service, [absent], 5, true)).peers, [{ id: absent, name: absent }]);
  assertEquals((await findRecipients(service, [absent.toUpperCase()], 5, true)).peers[0]?.id, absent);
  const error = await assertRejects(() => findRecipients(service, ["carol"], 5, true), UserError);
  assertEquals(error.exitCode, 3);
  assertStringIncludes(error.message, "use the full id of a peer you have never met");
  assertEquals(service.calls.filter(([call]) => call === "resolve"), [
    ["resolve", absent, 0],
    ["resolve", absent.toUpperCase(), 0],
    ["resolve", "carol", 0],
    ["resolve", "carol", 5],
  ]);
});

Deno.test("the outbox takes a document for somebody who was there and has left, where one alone had that name", async () => {
  const service = new Surrounded([]);
  const gone = { kind: "linux", address: "", state: "gone", lastSeen: 0, known: false } as const;
  const carol = { id: "c".repeat(24), name: "Carol" };
  service.roster = [{ ...carol, ...gone }, { ...EVE, ...gone }];
  for (const target of ["carol", "cccccc", "CCCCCCCC"]) {
    const { peers, away } = await findRecipients(service, [target], 5, true);
    assertEquals([peers, away], [[carol], [carol]]);
  }
  const absent = await assertRejects(() => findRecipients(service, ["carol"], 5, false), UserError);
  assertEquals(absent.exitCode, 3);
  assertMatch(absent.message, /^No peer "carol" within earshot, gone: c{24} \(Carol, heard .* ago\)\. /);
  service.roster.push({ ...carol, id: "d".repeat(24), ...gone });
  service.calls.length = 0;
  const two = await assertRejects(() => findRecipients(service, ["carol"], 5, true), UserError);
  assertEquals(two.exitCode, 2);
  assertMatch(two.message, /^"carol" fits 2 peers; name one by its id: c{24} \(Carol\), d{24} \(Carol\)$/);
  assertEquals(service.calls.filter(([call]) => call === "resolve"), [["resolve", "carol", 0]], "at once");
  const neither = await assertRejects(() => findRecipients(service, ["carol"], 5, false), UserError);
  assertEquals(neither.exitCode, 3, "one of them may come");
  assertMatch(neither.message, /gone: c{24} .*, d{24} /);
});

Deno.test("the outbox takes a document for somebody remembered, after those who were heard since", async () => {
  const old = { id: "c".repeat(24), name: "Carol" };
  const young = { id: "d".repeat(24), name: "carol" };
  const remembered = (...peers: PeerRef[]) => () => Promise.resolve(peers);
  const find = (service: FakeService, ...peers: PeerRef[]) =>
    findRecipients(service, ["carol"], 5, true, remembered(EVE, ...peers)).then(({ peers }) => peers);
  assertEquals(await find(new Surrounded([]), old), [old]);
  const two = await assertRejects(() => find(new Surrounded([]), old, young), UserError, "fits 2 peers");
  assertEquals(two.exitCode, 2);
  assertEquals(await find(new Surrounded([young]), old), [young], "who is there");
  const service = new Surrounded([]);
  service.roster = [{ ...young, kind: "", address: "", state: "gone", lastSeen: 0, known: false }];
  assertEquals(await find(service, old), [young], "who has just left");
});

Deno.test("a peer that has just started listens before it takes a name for somebody remembered", async () => {
  const old = { id: "c".repeat(24), name: "carol" };
  const young = { id: "d".repeat(24), name: "carol" };
  const service = new FakeService(true);
  // It hears carol once it has listened.
  service.answers.resolve = (_, timeout) => timeout > 0 ? young : Promise.reject(new UserError("nobody", 3));
  const { peers, away } = await findRecipients(
    service,
    ["carol"],
    5_000,
    true,
    () => Promise.resolve([old]),
  );
  assertEquals([peers, away], [[young], []]);
  assertEquals(service.calls.filter(([call]) => call === "resolve"), [["resolve", "carol", 0], [
    "resolve",
    "carol",
    1_000,
  ]]);
});

Deno.test("nobody who is blocked is taken for the bearer of a name", async () => {
  const service = new Surrounded([]);
  const carol = { id: "c".repeat(24), name: "carol" };
  service.answers.known = () => [{ ...carol, how: "blocked", since: 0 }];
  service.roster = [{ ...carol, kind: "", address: "", state: "gone", lastSeen: 0, known: false }];
  const find = (...peers: PeerRef[]) =>
    findRecipients(service, ["carol"], 5, true, () => Promise.resolve(peers));
  await assertRejects(() => find(carol), UserError, 'No peer "carol" is within earshot or known');
  await assertRejects(() => find(carol), UserError, "`earshot doctor` looks for what keeps peers apart");
  const other = { id: "d".repeat(24), name: "carol" };
  assertEquals((await find(carol, other)).peers, [other]);
});

Deno.test("a name that nobody answers to does not keep a document from the others, and is told", async () => {
  const service = new Surrounded([BOB, EVE]);
  const absent = "c".repeat(24);
  const recipients = await findRecipients(service, ["carol", "bob", absent], 5, false);
  assertEquals([recipients.peers, recipients.missing], [[BOB], ["carol", absent]]);
  assertEquals(recipients.results([], "1"), [
    { id: "1", to: { id: "", name: "carol" }, status: "unreachable", why: "not within earshot" },
    { id: "1", to: { id: absent, name: absent }, status: "unreachable", why: "not within earshot" },
  ]);
  const ambiguous = new Surrounded([BOB]);
  const { resolve } = ambiguous.answers;
  ambiguous.answers.resolve = (target, timeout) =>
    target === "twin" ? Promise.reject(new UserError("two", 2)) : resolve!(target, timeout);
  const error = await assertRejects(
    () => findRecipients(ambiguous, ["carol", "bob", "twin"], 5, false),
    UserError,
  );
  assertEquals(error.exitCode, 2, "what is not clear stops everything, before anything leaves");
});

Deno.test("who was named in full and took it becomes known, nobody else does", async () => {
  const service = new Surrounded([BOB, EVE]);
  const recipients = await findRecipients(service, [BOB.id, "eve\x1b[2J"], 5, false);
  await recipients.noteMet(service, [
    { id: "1", to: BOB, status: "refused" },
    { id: "2", to: BOB, status: "delivered" },
    { id: "2", to: EVE, status: "delivered" },
  ]);
  assertEquals(service.calls.filter(([call]) => call === "met"), [["met", BOB]]);
});

Deno.test("results name a recipient as it was addressed, whatever it is called meanwhile", async () => {
  const service = new Surrounded([BOB, EVE]);
  const recipients = await findRecipients(service, ["bob", EVE.id], 5, false);
  const results = recipients.results([
    { id: "1", to: { id: BOB.id, name: "robert" }, status: "delivered" },
    { id: "1", to: { id: EVE.id, name: "eeeeee" }, status: "refused", code: "refused", why: "blocked" },
  ], "1");
  assertEquals(results, [
    { id: "1", to: BOB, status: "delivered" },
    { id: "1", to: EVE, status: "refused", code: "refused", why: "blocked" },
  ]);
});
