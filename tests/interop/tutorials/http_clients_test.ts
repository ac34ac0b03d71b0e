// What people send JSON over HTTP with, against `earshot run --plain` on another host.

import { assertEquals, assertMatch } from "@std/assert";
import type { ProgramResult } from "../../support/program.ts";
import { tutorialTest } from "./programs.ts";

const PORT = 3333;

/** A document of some 5 MB. */
const LARGE = JSON.stringify(Array.from({ length: 250_000 }, (_, i) => ({ n: i, celsius: 21.5 })));

const PYTHON = `import sys, urllib.request
headers = {"Content-Type": "application/json"}
request = urllib.request.Request(sys.argv[1] + "python.json", b'{"by": "urllib"}', headers)
print(urllib.request.urlopen(request).status)`;

const NODE = `const headers = { "content-type": "application/json" };
fetch(process.argv[1] + "node.json", { method: "POST", headers, body: '{"by": "fetch"}' })
  .then(async (answer) => console.log(answer.status, (await fetch(process.argv[1])).status));`;

tutorialTest(
  "curl, wget, Python's urllib and Node's fetch save documents over HTTP, one of 5 MB too",
  ["anna", "laptop"],
  async (programs, anna, laptop) => {
    await using a = await anna.up("--plain");
    const url = `http://${programs.lan.address("anna", 4)}:${PORT}/`;
    await laptop.file("large.json", LARGE);
    const run = async (...command: string[]): Promise<ProgramResult> =>
      await programs.start(laptop, ...command).ended();
    const status = ["-sS", "-o", "/dev/null", "-w", "%{http_code}\\n"];

    assertEquals((await run("curl", ...status, "--json", "@large.json", `${url}large.json`)).stdout, "201\n");
    const wget = await run(
      "wget",
      "-qO-",
      "--header=Content-Type: application/json",
      '--post-data={"by": "wget"}',
      `${url}wget.json`,
    );
    assertMatch(wget.stdout, /wget\.json/, wget.stderr);
    assertEquals((await run("python3", "-c", PYTHON, url)).stdout, "201\n");
    assertEquals((await run("node", "-e", NODE, url)).stdout, "201 200\n");
    const twice = [
      "--json",
      '{"once": true}',
      "-H",
      "Idempotency-Key: 01ARZ3NDEKTSV4RRFFQ69G5FAV",
      `${url}once.json`,
    ];
    for (let n = 0; n < 2; n++) assertMatch((await run("curl", ...status, ...twice)).stdout, /^20[01]\n$/);
    for (
      const [refused, ...more] of [
        ["415", "-d", "a=1", url],
        ["403", "--json", "{}", "-H", "Origin: http://example.com", url],
        ["403", "--json", "{}", "-H", "Host: example.com", url],
        ["400", "--json", "{", url],
      ]
    ) assertEquals((await run("curl", ...status, ...more)).stdout, `${refused}\n`);

    for (const name of ["large", "wget", "python", "node", "once"]) {
      await a.waitForEvent("document", { name: `${name}.json` });
    }
    const saved = anna.received(`plain-${programs.lan.address("laptop", 4)}`);
    // A large document keeps a hidden second name until it is synced.
    const names = Object.keys(saved).filter((name) => !name.startsWith("."));
    assertEquals(names, ["large.json", "node.json", "once.json", "python.json", "wget.json"]);
    assertEquals(saved["large.json"] === LARGE, true, "the large one is byte for byte");
    assertEquals(saved["node.json"], '{"by": "fetch"}');
  },
);
