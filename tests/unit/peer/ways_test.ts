import { assert, assertEquals } from "@std/assert";
import { Ways, type WaysOptions } from "../../../lib/peer/ways.ts";
import { parseHostPort } from "../../../lib/protocol/host_port.ts";
import type { Session } from "../../../lib/session/session.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

const OWN = "a".repeat(24);
const BOB = "b".repeat(24);

Deno.test("a named peer is dialled again after a command under its id was here, which is no peer", async () => {
  const state = Deno.makeTempDirSync({ prefix: "earshot-ways-" });
  const clock = new FakeClock();
  let session: Session | undefined;
  let dials = 0;
  const meet = () => {
    dials++;
    return Promise.resolve(session ? { id: session.id } : { failures: [] });
  };
  const settings = { brief: false, peers: [parseHostPort("10.0.1.5")!], paths: { state } };
  const ways = new Ways({
    settings,
    id: OWN,
    group: { name: "lab" },
    clock,
    random: new SeededRandom(1),
    hub: { warn: () => {} },
    trust: { isBlocked: () => false },
    sessions: { get: () => session, meet },
    discovery: { hears: () => false, roster: { get: () => undefined, entries: () => [] } },
    directory: { isSought: () => false },
  } as unknown as WaysOptions);
  const sessionOf = (brief: boolean) =>
    ({
      id: BOB,
      remote: { name: "bob", ...(brief && { brief }) },
      address: { host: "10.0.1.5", port: 3333 },
    }) as Session;
  try {
    session = sessionOf(false);
    ways.start();
    await clock.advance(60_000);
    assertEquals(dials, 1);
    session = undefined;
    ways.lost(BOB);
    await clock.advance(60_000);
    session = sessionOf(true);
    await clock.advance(120_000);
    session = undefined;
    dials = 0;
    await clock.advance(120_000);
    assert(dials > 0);
  } finally {
    await ways.close();
    Deno.removeSync(state, { recursive: true });
  }
});
