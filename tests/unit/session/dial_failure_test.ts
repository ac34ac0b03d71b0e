import { assert, assertEquals } from "@std/assert";
import { dialFailure, failureText, mostTelling } from "../../../lib/session/dial_failure.ts";
import { HandshakeError } from "../../../lib/session/handshake.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { FakeStreamWorld } from "../../support/fake_streams.ts";
import { SeededRandom } from "../../support/seeded_random.ts";
import { testIdentity } from "../../support/session_node.ts";
import { dialAny } from "../../../lib/session/dial.ts";

const address = { host: "fe80::1%eth0", port: 3333 };

Deno.test("why an address led to no session is said in words, with the address, and without a raw system error", () => {
  const coded = (code: string) => Object.assign(new Error(`${code} (os error 113)`), { code });
  const cases = [
    [new Deno.errors.ConnectionRefused("Connection refused (os error 111)"), false, false, /refuses/],
    [new Deno.errors.TimedOut("Connection timed out (os error 110)"), false, false, /does not answer/],
    [new Error("no answer"), false, true, /does not answer/],
    [coded("EHOSTUNREACH"), false, false, /no route/],
    [
      new Error("Strange thing (os error 7)"),
      false,
      false,
      /cannot be dialled: the system says: Strange thing$/,
    ],
    [coded("EADDRNOTAVAIL"), false, false, /no route/],
    [new Deno.errors.Interrupted("operation canceled"), true, true, /no program answers/],
    [new Deno.errors.PermissionDenied("Permission denied (os error 13)"), false, false, /a firewall rejects/],
    [coded("EACCES"), false, false, /a firewall rejects/],
    [coded("EPERM"), false, false, /a firewall rejects/],
    [new Error("Too many open files (os error 24)"), false, false, /too many files are open/],
    [new Deno.errors.ConnectionReset("Connection reset by peer (os error 104)"), true, false, /hangs up/],
    [new HandshakeError("somebody else answered", "somebody else"), true, false, /somebody else answers/],
  ] as const;
  for (const [error, connected, late, means] of cases) {
    const text = failureText(dialFailure(address, error, connected, late));
    assert(means.test(text) && text.includes("TCP [fe80::1%eth0]:3333"), text);
    assert(!/os error|canceled/.test(text), text);
  }
});

Deno.test("of several addresses the one that tells most is told", () => {
  const failures = (["silent", "refused", "no-route"] as const).map((kind) => ({ address, kind }));
  assertEquals(mostTelling(failures)!.kind, "refused");
  assertEquals(mostTelling([]), undefined);
});

Deno.test("an address that never answers has failed after 4 s, and all that were tried are told", async () => {
  const clock = new FakeClock();
  const world = new FakeStreamWorld();
  const { identity, id } = testIdentity(new SeededRandom(3));
  world.silent.add("10.0.0.9");
  let result: Awaited<ReturnType<typeof dialAny>> | undefined;
  const addresses = [{ host: "10.0.0.9", port: 3333 }, { host: "10.0.0.8", port: 3333 }];
  const done = dialAny(addresses, id, identity, world.host("10.0.0.1"), clock).then((it) => result = it);
  await clock.advance(3_900);
  assertEquals(result, undefined);
  await clock.advance(200);
  await done;
  assert(result && "failures" in result);
  assertEquals(result.failures.map(({ address, kind }) => `${address.host} ${kind}`).toSorted(), [
    "10.0.0.8 refused",
    "10.0.0.9 silent",
  ]);
});
