// A UdpNet as a process of its own, for hosts of a lab: the options come as JSON in the first argument, orders as lines
// of JSON on stdin, and what happens is written as lines of JSON to stdout.
import { systemClock } from "../../../lib/platform/clock.ts";
import { UdpNet } from "../../../lib/net/udp.ts";
import type { Link } from "../../../lib/net/types.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const write = (event: unknown) =>
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(event) + "\n"));
const name = (link: Link | undefined) => link && `${link.interface}/${link.family}`;
const bytes = (text: string) => new TextEncoder().encode(text);

const { fakeClock, ...options } = JSON.parse(Deno.args[0]!);
const clock = fakeClock ? new FakeClock() : systemClock;
const net = new UdpNet({ ...options, clock });
await net.start({
  datagram: ({ data, from, via, link }) =>
    write({ got: new TextDecoder().decode(data), size: data.length, from, via, link: name(link) }),
  linksChanged: (added, removed) => write({ added: added.map(name), removed: removed.map(name) }),
  warning: (code, message) => write({ warning: code, message }),
});
write({ ready: net.links.map(name), addresses: net.links.map((link) => link.addresses) });

let buffered = "";
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (buffered + text).split("\n");
  buffered = lines.pop()!;
  for (const line of lines) {
    const order = JSON.parse(line);
    const links = net.links.filter((link) => order.link === undefined || name(link) === order.link);
    if (order.multicast) { for (const link of links) net.multicast(link, bytes(order.multicast)); }
    if (order.unicast) net.unicast(order.to, bytes(order.unicast), order.link && links[0]);
    if (order.advance) (clock as FakeClock).advanceSync(order.advance);
    if (order.rescan) {
      await net.rescan();
      write({ rescanned: net.links.map(name), sendErrors: net.counters.sendErrors });
    }
    if (order.close) {
      await net.close();
      Deno.exit();
    }
  }
}
