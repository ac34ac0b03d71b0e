import { assert, assertEquals } from "@std/assert";
import { decodeAnnouncement } from "../../../lib/protocol/announcement.ts";
import { knows, missing, Simulation, told } from "../../simulation/discovery_world.ts";

Deno.test("a peer that starts asks at 0, 0.25, 1 and 3 s on every interface and family, each time with one counter", () => {
  const sim = new Simulation({ ipv6: true });
  const asks = new Map<string, { at: number; seq: number }[]>();
  sim.world.onSent = ({ at, link, data }) => {
    const { t, seq, nonce } = decodeAnnouncement(data);
    if (t !== "ask") return;
    assert(nonce);
    const key = `${link.interface}/${link.family}`;
    asks.set(key, [...asks.get(key) ?? [], { at, seq }]);
  };
  sim.start({ host: sim.host(sim.interface("eth0"), sim.interface("wlan0", "other")) });
  sim.run(20);
  assertEquals([...asks.keys()], ["eth0/4", "eth0/6", "wlan0/4", "wlan0/6"]);
  for (const sent of asks.values()) {
    assertEquals(sent.map(({ seq }) => seq), asks.get("eth0/4")!.map(({ seq }) => seq));
    [0, 250, 1_000, 3_000].forEach((at, i) =>
      assert(Math.abs(sent[i]!.at - at) <= 0.2 * at, `${sent[i]!.at}`)
    );
    assertEquals(sent.length, 4);
  }
});

Deno.test("on a link that appears later the group is asked through that link alone", () => {
  const sim = new Simulation();
  const host = sim.host(sim.interface("eth0"), sim.interface("wlan0", "other"));
  host.setUp("wlan0", false);
  sim.start({ host });
  sim.run(60);
  const asked: string[] = [];
  sim.world.onSent = ({ link, data }) => {
    if (decodeAnnouncement(data).t === "ask") asked.push(link.interface);
  };
  host.setUp("wlan0", true);
  sim.run(0.1);
  const listener = sim.actor(sim.host(sim.interface("eth0", "other")));
  sim.run(9);
  assertEquals(asked, ["wlan0", "wlan0", "wlan0", "wlan0"]);
  assert(listener.heard.length > 0);
});

Deno.test("once 32 peers were heard, nobody is asked again", () => {
  const sim = new Simulation();
  const crowd = sim.startMany(40, 10);
  sim.run(60);
  let asks = 0;
  sim.world.onSent = ({ data }) => asks += decodeAnnouncement(data).t === "ask" ? 1 : 0;
  const newcomer = sim.start();
  sim.run(6);
  assertEquals(asks, 1);
  assertEquals(missing([...crowd, newcomer]), 0);
});

Deno.test("a short-lived command finds one peer by id or name, and nobody notices it", async () => {
  const sim = new Simulation();
  const [wanted, other] = [sim.start({ name: "Lab-PC" }), sim.start()];
  sim.run(20);
  const short = wanted.self.id.slice(0, 6);
  for (const want of [wanted.self.id, wanted.self.id.toUpperCase(), "LAB-PC", short, short.toUpperCase()]) {
    const brief = sim.start({ brief: true });
    sim.run(5);
    const answers: string[] = [];
    const said: string[] = [];
    sim.world.onSent = ({ net, data }) => {
      if (net === brief.net) said.push(decodeAnnouncement(data).t);
      else if (decodeAnnouncement(data).echo) answers.push(decodeAnnouncement(data).id);
    };
    brief.discovery.seek(want);
    const took = sim.runUntil(() => knows(brief, wanted), 1_000);
    assert(took <= 120, `${took} ms`);
    sim.run(4);
    assertEquals([answers, said], [[wanted.self.id], ["ask"]]);
    const closed = brief.discovery.close();
    await sim.clock.advance(1);
    await closed;
    assertEquals([said, told(wanted, brief), told(other, brief)], [["ask"], [], []]);
    assertEquals(wanted.discovery.roster.get(brief.self.id), undefined);
  }
});

Deno.test("a short-lived command that seeks everybody fills its roster, and what no peer can be called is not asked for", () => {
  const sim = new Simulation();
  const peers = sim.startMany(5, 100);
  sim.run(20);
  const brief = sim.start({ brief: true });
  for (const nobody of ["\u0007", "all", "@lab", "plain-x"]) {
    brief.discovery.seek(nobody);
    sim.run(5);
  }
  assertEquals(brief.net.sent.size, 0);
  brief.discovery.seek(undefined);
  sim.run(1);
  assertEquals(brief.discovery.roster.up().length, 5);
  brief.discovery.stopSeeking();
  const sent = brief.net.sent.get("eth0/4");
  sim.run(5);
  assertEquals(brief.net.sent.get("eth0/4"), sent);
  assert(peers.every((peer) => told(peer, brief).length === 0));
});

Deno.test("a search that began a moment ago goes on where it is begun again, a later one is asked anew", () => {
  const sim = new Simulation();
  sim.start({ name: "lab-pc" });
  const brief = sim.start({ brief: true });
  sim.run(5);
  const asks = () => brief.net.sent.get("eth0/4") ?? 0;
  brief.discovery.seek("lab-pc");
  sim.run(0.15);
  const began = brief.discovery.seekingSince;
  brief.discovery.seek("Lab-PC");
  assertEquals([asks(), brief.discovery.seekingSince], [1, began]);
  brief.discovery.seek("other");
  assertEquals(asks(), 2);
  brief.discovery.seek("lab-pc");
  sim.run(1);
  brief.discovery.seek("lab-pc");
  assertEquals(asks(), 4);
});
