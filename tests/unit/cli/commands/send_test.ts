import { assertEquals } from "@std/assert";
import type { Context } from "../../../../lib/cli/command.ts";
import { Documents } from "../../../../lib/cli/messages/documents.ts";
import { sendAll } from "../../../../lib/cli/commands/send.ts";
import type { DocumentOptions } from "../../../../lib/peer/types.ts";
import { UserError } from "../../../../lib/platform/user_error.ts";
import { BOB, FakeService, until } from "../../control/fake_service.ts";
import { Printed } from "../printed.ts";

/** Some documents, `n.json` each. */
async function documents(count: number, length = 1): Promise<{ all: Documents; state: string }> {
  const state = await Deno.makeTempDir({ prefix: "earshot-send-" });
  const all = new Documents(state);
  for (let n = 0; n < count; n++) {
    const content = new TextEncoder().encode(`"${`${n % 10}`.repeat(length)}"`);
    await all.add({ source: `/${n}.json`, name: `${n}.json`, content, remarks: [] });
  }
  return { all, state };
}

async function send(
  service: FakeService,
  all: Documents,
  json: boolean,
): Promise<{ code: number; out: string; err: string }> {
  const [out, err] = [new Printed(), new Printed()];
  const config = { to: ["bob"], json, state: "nothing-was-kept-here", inbox: "." };
  const context = { config, out: out.output, err: err.output } as unknown as Context;
  const code = await sendAll(context, service, all);
  return { code, out: await out.text(), err: await err.text() };
}

Deno.test("documents are handed over in their order, and sixteen do not wait for each other's acknowledgement", async () => {
  const { all, state } = await documents(40);
  const gate = Promise.withResolvers<void>();
  const service = new FakeService();
  const { send: answer } = service.answers;
  service.answers.send = (...args) => gate.promise.then(() => answer!(...args));
  const names = () =>
    service.calls.filter(([call]) => call === "send").map(([, , options]) =>
      (options as DocumentOptions).name
    );
  const sent = send(service, all, false);
  await until(() => names().length >= 16);
  gate.resolve();
  const { code, out } = await sent;
  assertEquals(service.mostUnanswered, 16);
  const ids = service.calls.filter(([call]) => call === "send").map(([, , options]) =>
    (options as DocumentOptions).id!
  );
  assertEquals(ids, ids.toSorted(), "ids sort as the documents do: a board names its files so");
  assertEquals([code, names()], [0, Array.from({ length: 40 }, (_, n) => `${n}.json`)]);
  assertEquals(out, names().map((name) => `Delivered /${name} to bob.\n`).join(""));
  await Deno.remove(state, { recursive: true });
});

/** Cannot take some of the documents. */
class Full extends FakeService {
  constructor(names: string[]) {
    super();
    const { send } = this.answers;
    this.answers.send = (document, options) =>
      names.includes(options.name!)
        ? Promise.reject(new UserError("The outbox is full."))
        : send!(document, options);
  }
}

Deno.test("what cannot be handed over has its result like every other document", async () => {
  for (const json of [false, true]) {
    const { all, state } = await documents(3);
    const { code, out, err } = await send(new Full(["1.json"]), all, json);
    assertEquals(code, 1);
    if (json) {
      const results = out.trim().split("\n").map((line) => JSON.parse(line));
      assertEquals(results.map(({ to, status, why }) => [to, status, why]), [
        [BOB, "delivered", undefined],
        [BOB, "unreachable", "The outbox is full"],
        [BOB, "delivered", undefined],
      ]);
    } else {
      assertEquals(out, "Delivered /0.json to bob.\nDelivered /2.json to bob.\n");
      assertEquals(err, "earshot: /1.json was not sent: The outbox is full.\n");
    }
    await Deno.remove(state, { recursive: true });
  }
  const { all, state } = await documents(1);
  assertEquals((await send(new Full(["0.json"]), all, false)).code, 1);
  await Deno.remove(state, { recursive: true });
});

Deno.test("more documents than fit into memory are kept as they were checked, and what is not sent goes", async () => {
  const { all, state } = await documents(1_100, 64_000);
  const spool = () => [...Deno.readDirSync(`${state}/spool`)].length;
  assertEquals(spool() > 0, true);
  let total = 0;
  for (const { content } of all.handOver()) {
    total += content instanceof Uint8Array ? content.length : content.size;
    if (total > 70_000_000) break;
  }
  const left = spool();
  all.discard();
  assertEquals(left - spool() > 0, true, "those that nobody took");
  await Deno.remove(state, { recursive: true });
});
