import { assertEquals, assertRejects } from "@std/assert";
import { HostGoneError, SilentPeerError } from "../../../lib/control/client.ts";
import { LastingService } from "../../../lib/control/lasting_service.ts";
import { PlayedService } from "../../support/web_page.ts";

/** Peers that are found one after the other. */
function peers(...answers: (() => unknown)[]) {
  const closed: number[] = [];
  let found = 0;
  const lasting = new LastingService(() => {
    const number = found++;
    const service = new PlayedService();
    service.play = answers[number] ?? (() => `peer ${number}`);
    return Promise.resolve({ service, close: () => void closed.push(number) });
  });
  return { lasting, closed, found: () => found };
}

const gone = () => {
  throw new HostGoneError("the peer left");
};

Deno.test("a call whose peer leaves is made again at the next one", async () => {
  const { lasting, closed } = peers(gone, gone);
  assertEquals(await lasting.call("peers", []) as unknown, "peer 2");
  assertEquals(await lasting.call("peers", []) as unknown, "peer 2");
  assertEquals(closed, [0, 1]);
  await lasting.close();
  assertEquals(closed, [0, 1, 2]);
  await assertRejects(() => lasting.call("peers", []), HostGoneError);
});

Deno.test("one peer is looked for, however many calls wait for it", async () => {
  const { lasting, found } = peers();
  await Promise.all([
    lasting.call("peers", []),
    lasting.call("known", []),
    lasting.subscribe(() => {}, () => {}),
  ]);
  assertEquals(found(), 1);
});

Deno.test("a call ends if peer after peer leaves, and if one does not answer", async () => {
  const { lasting, found } = peers(gone, gone, gone, gone, gone, gone);
  await assertRejects(() => lasting.call("peers", []), HostGoneError);
  assertEquals(found(), 5);
  const silent = peers(() => {
    throw new SilentPeerError(1);
  });
  await assertRejects(() => silent.lasting.call("peers", []), SilentPeerError);
  // The next call looks again.
  assertEquals(await silent.lasting.call("peers", []) as unknown, "peer 1");
});
