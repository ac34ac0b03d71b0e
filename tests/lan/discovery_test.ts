import { assertEquals, assertMatch } from "@std/assert";
import { comings, idOf, lanTest, meet, meetAtOnce } from "./lab.ts";

const FAMILIES: readonly {
  readonly name: string;
  readonly options: { readonly ipv4?: boolean; readonly ipv6?: boolean | "link-local" };
  readonly address: RegExp;
}[] = [
  { name: "IPv4 alone", options: { ipv6: false }, address: /^10\.83\.0\.[123]:3333$/ },
  { name: "IPv6 alone", options: { ipv4: false }, address: /^\[f[de].+\]:3333$/ },
  {
    name: "link-local IPv6 alone",
    options: { ipv4: false, ipv6: "link-local" },
    address: /^\[fe80::.+%eth0\]:3333$/,
  },
  { name: "IPv4 and IPv6 together", options: {}, address: /^(10\.83\.0\.[123]|\[f[de].+\]):3333$/ },
];

for (const { name, options, address } of FAMILIES) {
  lanTest(`three hosts find each other within a second over ${name}, and documents pass`, [
    "anna",
    "bert",
    "cora",
  ], async (_lan, anna, bert, cora) => {
    await using a = await anna.up();
    await using b = await bert.up();
    await using c = await cora.up();
    for (const seen of await meetAtOnce({ anna: a, bert: b, cora: c })) assertMatch(seen.address, address);
    const file = await cora.file("reading.json", "[21.5]");
    for (const host of [anna, bert]) {
      const { code, stderr } = await cora.run("send", file, "--to", host.name);
      assertEquals(code, 0, stderr);
      assertEquals(host.received("cora"), { "reading.json": "[21.5]" });
    }
    assertEquals((await c.stop()).code, 0);
    const short = await cora.run("send", file, "--to", "anna", "--name", "short.json");
    assertEquals(short.code, 0, short.stderr);
    assertEquals(Object.keys(anna.received("cora")), ["reading.json", "short.json"]);
  }, options);
}

for (
  const { name, options } of [
    { name: "", options: {} },
    { name: ", even where only link-local addresses are there", options: FAMILIES[2]!.options },
  ]
) {
  lanTest(
    `a host on two networks finds and serves the peers of both, who do not see each other${name}`,
    ["anna", "both", "cora"],
    async (lan, anna, both, cora) => {
      await lan.plug("both", "br1");
      await lan.interfaceDown("cora", "eth0");
      await lan.plug("cora", "br1");
      await using a = await anna.up();
      await using b = await both.up();
      await using c = await cora.up();
      await meetAtOnce({ anna: a, both: b });
      await meet({ cora: c });
      await c.waitForEvent("peer", { state: "up", name: "both" });
      await b.waitForEvent("peer", { state: "up", name: "cora" });
      const file = await both.file("a.json", "[]");
      const sent = await both.run("send", file, "--to", "anna", "--to", "cora");
      assertEquals(sent.code, 0, sent.stderr);
      for (const host of [anna, cora]) {
        assertEquals(host.received("both"), { "a.json": "[]" });
        const back = await host.run("send", await host.file("b.json", "{}"), "--to", "both");
        assertEquals(back.code, 0, back.stderr);
        assertEquals(both.received(host.name), { "b.json": "{}" });
      }
      assertEquals([comings(a), comings(c)], [["+both"], ["+both"]]);
    },
    options,
  );
}

lanTest(
  "two profiles on one host and a peer elsewhere all see each other, and each has its own inbox",
  ["anna", "bert"],
  async (_lan, anna, bert) => {
    await using a = await anna.up();
    await using two = await anna.up("--profile", "two", "--name", "two", "--state", `${anna.home}/state-two`);
    await using b = await bert.up();
    await meetAtOnce({ anna: a, two, bert: b });
    const [port, portOfTwo] = [a, two].map((peer) => peer.ready.port);
    assertEquals([port, portOfTwo], [3333, 3334]);
    const file = await bert.file("a.json", "[]");
    for (const to of ["anna", "two"]) assertEquals((await bert.run("send", file, "--to", to)).code, 0);
    assertEquals(anna.received("bert"), { "a.json": "[]" });
    assertEquals(anna.received("bert", "earshot-inbox-two"), { "a.json": "[]" });
    const neighbour = await anna.run("send", await anna.file("b.json", "{}"), "--to", "two");
    assertEquals(neighbour.code, 0, neighbour.stderr);
    assertEquals(anna.received("anna", "earshot-inbox-two"), { "b.json": "{}" });

    // Short-lived commands are answered by the peers of one host too, which share UDP port 3333.
    await b.stop();
    const { stdout } = await bert.run("peers", "--json");
    const heard = stdout.trim().split("\n").map((line) => JSON.parse(line).id).toSorted();
    assertEquals(heard, [idOf(a), idOf(two)].toSorted());
  },
);

lanTest(
  "an interface that appears while the program runs brings the peers that are there, and one that goes is done without",
  ["anna", "bert"],
  async (lan, anna, bert) => {
    await lan.interfaceDown("bert");
    await using a = await anna.up();
    await using b = await bert.up();
    await lan.plug("anna", "br1");
    const iface = await lan.plug("bert", "br1");
    await meet({ anna: a, bert: b });
    await lan.unplug("bert", iface);
    await lan.interfaceUp("bert");
    const file = await anna.file("a.json", "[]");
    const sent = await anna.run("send", file, "--to", "bert", "--timeout", "60");
    assertEquals(sent.code, 0, sent.stderr);
    assertEquals(bert.received("anna"), { "a.json": "[]" });
    assertEquals([comings(a), comings(b)], [["+bert"], ["+anna"]]);
  },
);
