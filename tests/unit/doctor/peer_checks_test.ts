// What the checks of one peer make of answers that no lab can bring about.

import { assertEquals, assertMatch } from "@std/assert";
import { examine } from "../../../lib/doctor/examine.ts";
import type { Finding } from "../../../lib/doctor/finding.ts";
import { PEER_CHECKS } from "../../../lib/doctor/peer_checks.ts";
import type { PeerScene } from "../../../lib/doctor/peer_scene.ts";

const ID = "b".repeat(24);

/** A peer that is fine, but for what is given. */
async function findings(
  given: Partial<PeerScene> = {},
  heard: unknown[] = [heardAs("peer", "earshot")],
  asksAlone: () => void = () => {},
) {
  const listening = {
    asked: Promise.resolve(),
    heard,
    group: "earshot",
    answersAlone: () => Promise.resolve(true),
    askAlone: (_places: unknown, isEnough: () => boolean) => {
      asksAlone();
      return Promise.resolve(isEnough());
    },
  };
  const scene = {
    os: "linux",
    peer: { id: ID, name: "bert" },
    ownName: "anna",
    version: "1.0.0",
    lastSeen: undefined,
    places: [],
    isNear: () => true,
    listening,
    dial: () => Promise.resolve("open"),
    asked: Promise.resolve({ status: "answered", at: Date.now(), took: 1, info: {} }),
    dialledBack: Promise.resolve({ status: "reached", port: 3333 }),
    ...given,
  } as unknown as PeerScene;
  const all = await examine(PEER_CHECKS, scene, 60_000, () => {});
  return new Map(all.map((finding): [string, Finding] => [finding.check, finding]));
}

function heardAs(kind: "peer" | "other-group", group: string) {
  const announcement = { t: "hello", id: ID, name: "bert", group, port: 3333 };
  return { kind, announcement, from: { host: "10.0.0.2", port: 5_000 }, link: undefined, family: 4 };
}

const asked = (answer: object) =>
  Promise.resolve({ at: Date.now(), took: 1, ...answer }) as PeerScene["asked"];
const UNREACHED = asked({ status: "unreachable", why: "not within earshot" });

Deno.test("a peer that is heard in another group is told as that", async () => {
  const found = await findings({ asked: UNREACHED }, [heardAs("other-group", "lab")]);
  assertEquals(found.get("heard")!.status, "fault");
  assertMatch(found.get("heard")!.saw, /in the group lab; this one is earshot/);
  assertEquals(found.get("session")!.saw, 'See "heard": that comes first.');
});

/** An answer to the question number `answers`. */
function answer(answers: number, boot: number, host = `10.0.0.${boot}`) {
  const heard = heardAs("peer", "earshot");
  return { ...heard, answers, announcement: { ...heard.announcement, boot }, from: { host, port: 5_000 } };
}

Deno.test("two that answer one question are told as two, and one that starts anew between two is not", async () => {
  const anew = [answer(1, 7, "10.0.0.2"), answer(1, 7, "10.0.1.2"), answer(2, 8, "10.0.0.2")];
  assertEquals((await findings({}, anew)).has("twins"), false);
  const found = await findings({}, [...anew, answer(2, 7, "10.0.0.9")]);
  assertEquals(found.get("twins")!.status, "fault");
  assertEquals(
    found.get("twins")!.saw,
    "Two peers answer as bert: at 10.0.0.9 and 10.0.0.2, unless one only pretends to be it.",
  );
});

Deno.test("two that answer different questions, one of them late, are asked again until both have answered", async () => {
  const said = [answer(1, 7), answer(2, 8)];
  let asks = 0;
  const found = await findings({}, said, () => {
    asks++;
    // Each answers what the other one leaves out.
    said.push(answer(2 + asks, asks % 2 ? 8 : 7));
  });
  assertEquals(found.get("twins")!.saw.match(/at .+,/)![0], "at 10.0.0.7 and 10.0.0.8,");
  assertEquals(asks, 2);

  const late = [answer(1, 7)];
  const info = asked({ status: "answered", info: {} }).then((it) => (late.push(answer(1, 8)), it));
  assertEquals((await findings({ asked: info }, late)).get("twins")!.status, "fault");
});

Deno.test("one start is not asked again, and one that restarts during the look is no two", async () => {
  let asks = 0;
  const alone = [answer(1, 7), answer(2, 7), answer(2, 7, "10.0.1.7")];
  assertEquals((await findings({}, alone, () => asks++)).has("twins"), false);
  assertEquals(asks, 0);
  const restarts = [answer(1, 7), answer(2, 7), { ...answer(0, 8), answers: undefined }];
  const found = await findings({}, restarts, () => restarts.push(answer(3 + asks++, 8)));
  assertEquals(found.has("twins"), false);
  assertEquals(asks, 3);
});

Deno.test("how long ago a silent peer was last heard is told", async () => {
  const found = await findings({ asked: UNREACHED, lastSeen: Date.now() - 300_000 }, []);
  assertMatch(found.get("heard")!.saw, /the last sign of it came 5 min ago/);
});

Deno.test("a session works also if the peer has no room, or nobody there knows the question", async () => {
  const full = await findings({
    asked: asked({ status: "unreachable", code: "quota", why: "the inbox is full" }),
  });
  assertEquals(full.get("session")!.status, "fault");
  assertMatch(
    full.get("session")!.saw,
    /^A session works, but bert takes nothing from you: the inbox is full\.$/,
  );
  const other = await findings({ asked: asked({ status: "failed", code: "failed", why: "I know led" }) });
  assertEquals(["session", "program"].map((check) => other.get(check)!.status), ["pass", "unknown"]);
  assertMatch(other.get("program")!.saw, /does not know \{"cmd":"info"\}: I know led/);
});

Deno.test("a running peer of an older release is no fault of the other one", async () => {
  const found = await findings({ dialledBack: Promise.resolve(undefined) });
  assertEquals(found.get("callback")!.status, "unknown");
});

Deno.test("whatever a peer says of itself is read with care, and what it does not tell has no finding", async () => {
  const info = {
    clock: 7,
    free: "much",
    load: NaN,
    heap: {},
    signal: null,
    reset: [],
    restarts: -1,
    interfaces: 3,
  };
  const found = await findings({ asked: asked({ status: "answered", info }) });
  assertEquals([...found.keys()], ["heard", "address", "session", "callback", "program", "restarts"]);
  assertEquals([...found.values()].map(({ status }) => status), Array(6).fill("pass"));
  const long = "x".repeat(9_000);
  const endless = { version: long, kind: long, interfaces: Array(99).fill(long), reset: "constructor" };
  const bounded = await findings({ asked: asked({ status: "answered", info: endless }) });
  assertEquals(
    [...bounded.values()].filter(({ status, saw }) => status !== "pass" || saw.length > 2_000),
    [],
  );
  const full = await findings({ asked: asked({ status: "answered", info: { free: 1_000 } }) });
  assertEquals(full.get("disk")!.status, "fault");
});
