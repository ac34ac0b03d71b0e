import { assert, assertEquals } from "@std/assert";
import { decodeBase32 } from "../../lib/protocol/base32.ts";
import { comings, idOf, lanTest, meet } from "./lab.ts";

lanTest(
  "members of a closed group talk, while whoever lacks the code learns nothing and gets not one byte",
  ["anna", "bert", "olga", "oskar"],
  async (lan, anna, bert, olga, oskar) => {
    const made = await anna.run("group", "new", "secretlab");
    assertEquals(made.code, 0, made.stderr);
    assertEquals((await bert.run("join", made.stdout.trim())).code, 0);

    // The outsiders know the name of the group, and nothing else. They hear each other, and all that is on the wire.
    await using ear = olga.agent("hear.ts", lan.address("olga", 4));
    await ear.waitForLine(/^ready$/);
    await using o = await olga.up("--group", "secretlab");
    await using p = await oskar.up("--group", "secretlab");
    await meet({ olga: o, oskar: p });
    await using a = await anna.up();
    await using b = await bert.up();
    await meet({ anna: a, bert: b });

    assertEquals((await anna.run("say", "hello members")).code, 0);
    await b.waitForEvent("chat", { text: "hello members" });
    const file = await bert.file("a.json", '["for members"]');
    assertEquals((await bert.run("send", file, "--to", "anna")).code, 0);
    assertEquals(anna.received("bert"), { "a.json": '["for members"]' });

    await using knocking = olga.agent("knock.ts", lan.address("anna", 4), "3333", "secretlab");
    // An open group answers one of these: that is how it is known that they are good.
    await using control = olga.agent("knock.ts", lan.address("oskar", 4), "3333", "secretlab");
    const { code, stderr } = await knocking.ended();
    assertEquals(code, 0, stderr);
    assert(knocking.json().length > 10);
    for (const { way, bytes } of knocking.json()) assertEquals(bytes, 0, way);
    assert((await control.waitForJson({ way: "first message of an open group" })).bytes > 0);
    assertEquals((await anna.run("say", "still here", "--to", "bert")).code, 0);

    for (const member of [a, b]) assertEquals((await member.stop()).code, 0);
    const heard = () => ear.json().map(({ heard }): string => heard);
    const sealed = () => heard().filter((datagram) => datagram.startsWith("ES1!"));
    // At least three `ask`s and two `bye`s of each, in IPv4 and IPv6.
    while (sealed().length < 20) await ear.waitForLine(/heard/);
    const secrets = ["anna", "bert", "members"];
    for (const id of [a, b].map(idOf)) secrets.push(id, String.fromCharCode(...decodeBase32(id)));
    for (const datagram of heard()) {
      for (const secret of secrets) assert(!datagram.toLowerCase().includes(secret), secret);
    }
    for (const datagram of sealed()) assert(!datagram.includes("secretlab"));
    assert(heard().some((datagram) => datagram.includes("oskar") && datagram.includes("secretlab")));
    for (const outsider of [o, p]) assert(!/anna|bert/.test(outsider.stdout + outsider.stderr));

    assertEquals([comings(o), comings(p)], [["+oskar"], ["+olga"]]);
    assertEquals([comings(a), comings(b)].map((list) => list[0]), ["+bert", "+anna"]);
    const { stdout } = await olga.run("peers", "--json");
    assertEquals(stdout.trim().split("\n").map((line) => JSON.parse(line).name), ["oskar"]);
  },
);
