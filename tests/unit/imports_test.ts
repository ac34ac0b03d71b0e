import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { importBreaches, type ImportRules, type SourceTree } from "../support/imports.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const [imports, importsFromJsr] = ["deno.json", "import_map.jsr.json"].map((name) =>
  JSON.parse(Deno.readTextFileSync(join(ROOT, name))).imports
) as [Record<string, string>, Record<string, string>];

/** The architecture: which folder under lib/ may import which. */
const BELOW_PEER = ["protocol", "noise", "net", "identity", "storage", "discovery", "session", "delivery"];
const RULES: ImportRules = {
  table: {
    platform: [],
    protocol: [],
    noise: [],
    net: [],
    identity: ["protocol", "noise"],
    storage: ["protocol"],
    discovery: ["protocol", "net", "identity"],
    session: ["protocol", "noise", "net", "identity"],
    delivery: ["protocol", "identity", "storage"],
    peer: BELOW_PEER,
    gateways: ["protocol", "peer", "net", "control", "storage"],
    control: ["peer", "net"],
    doctor: ["peer", "net", "config", "storage"],
    config: ["protocol"],
    cli: ["*"],
  },
  common: ["platform"],
  rooms: {
    storage: {
      files: [],
      tables: ["files"],
      database: ["files", "tables"],
      inbox: ["files", "tables", "database"],
      engine: ["files", "tables", "database", "inbox"],
      history: ["files", "tables", "database"],
      threads: ["files", "tables", "database", "inbox", "engine", "history"],
    },
    cli: {
      terminal: [],
      profile: ["terminal"],
      messages: ["terminal", "profile"],
      chat: ["terminal", "profile", "messages", "inbox"],
      inbox: ["terminal", "profile"],
      peers: ["terminal", "profile"],
      on: ["terminal", "profile"],
      service: [],
      web: ["profile"],
      completion: ["profile"],
      commands: [
        "terminal",
        "profile",
        "messages",
        "chat",
        "inbox",
        "peers",
        "on",
        "service",
        "web",
        "completion",
      ],
    },
  },
  doorways: ["lib/storage/types.ts", "lib/storage/testing.ts", "lib/cli/command.ts"],
  packages: "platform",
  screen: "cli",
  sockets: "net",
  noModule: "lib/platform/process_watch.ts",
};

Deno.test("every import in lib/ and main.ts is one that the architecture allows, and none leads in a circle", () => {
  assertEquals(importBreaches(readTree(), RULES), []);
});

Deno.test("the import map for JSR has all of the standard library that the usual one and lib/ have", () => {
  const inLib = [...readTree()].flatMap(([path, source]) => {
    const named = [...source.matchAll(/(?:from |import\()"(npm:[^"]+)"/g)].map(([, specifier]) => specifier!);
    // A file in place of an original.
    return path.startsWith("lib/platform/std_") && named.length === 0 ? [`./${path}`] : named;
  });
  const ofPackages = Object.keys(imports).filter((key) => imports[key]!.startsWith("npm:"));
  assertEquals(Object.keys(importsFromJsr).sort(), [...new Set([...inLib, ...ofPackages])].sort());
});

const NO_PACKAGE = " is no path, no node: module, no package in lib/platform";
const breaches: [promise: string, tree: Record<string, string>, expected: string[]][] = [
  ["an import downward, of the same folder, of platform, of a file named by a worker", {
    "main.ts": `import { run } from "./lib/cli/run.ts";`,
    "lib/mod.ts": `export { Peer } from "./peer/peer.ts"; export type { Net } from "./net/types.ts";`,
    "lib/cli/run.ts": `import "../peer/peer.ts"; console.log("a"); await Deno.stdout.write(b);`,
    "lib/peer/peer.ts": `import type { Net } from "../net/types.ts"; import "node:sqlite";`,
    "lib/net/types.ts": `import "node:dgram"; import "../platform/clock.ts"; Deno.connect({ port: 1 });`,
    "lib/platform/clock.ts": `new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });`,
    "lib/platform/worker.ts":
      `// import "../cli/run.ts"; console.log();\nconst text = 'import "../cli/run.ts"';`,
  }, []],
  ["a file of the page and of a package as text", {
    "lib/gateways/a.ts": `import page from "./page/a.js" with { type: "text" };`,
    "lib/gateways/page/a.js": `import "/packages/b.js";`,
    "lib/platform/b.ts": `import b from "npm:left-pad@1.0.0/b.js" with { type: "text" };`,
  }, []],
  ["a text that is not there", {
    "lib/gateways/a.ts": `import page from "./page/a.js" with { type: "text" };`,
  }, [`lib/gateways/a.ts: "./page/a.js" leads nowhere`]],
  ["an import upward", {
    "lib/net/a.ts": `import "../peer/b.ts";`,
    "lib/peer/b.ts": ``,
  }, ["lib/net/a.ts: net may not import lib/peer/b.ts"]],
  ["an import upward for a type only", {
    "lib/storage/a.ts": `let net: import("../net/b.ts").Net;`,
    "lib/net/b.ts": ``,
  }, ["lib/storage/a.ts: storage may not import lib/net/b.ts"]],
  ["a dynamic import upward", {
    "lib/net/a.ts": `await import("../peer/b.ts");`,
    "lib/peer/b.ts": ``,
  }, ["lib/net/a.ts: net may not import lib/peer/b.ts"]],
  ["an export from upward", {
    "lib/net/a.ts": `export * from "../peer/b.ts"; export { c } from "../peer/b.ts";`,
    "lib/peer/b.ts": ``,
  }, Array(2).fill("lib/net/a.ts: net may not import lib/peer/b.ts")],
  ["a worker upward", {
    "lib/net/a.ts": `new Worker(new URL("../peer/b.ts", import.meta.url));`,
    "lib/peer/b.ts": ``,
  }, ["lib/net/a.ts: net may not import lib/peer/b.ts"]],
  ["main.ts past the command line", {
    "main.ts": `import "./lib/peer/a.ts";`,
    "lib/peer/a.ts": ``,
  }, ["main.ts: main.ts may not import lib/peer/a.ts"]],
  ["lib/mod.ts exporting more than the peer and types", {
    "lib/mod.ts": `export * from "./net/udp.ts"; export type { Udp } from "./net/udp.ts";`,
    "lib/net/udp.ts": ``,
  }, ["lib/mod.ts: mod.ts may not import lib/net/udp.ts"]],
  ["a folder that nobody planned", {
    "lib/util/a.ts": ``,
  }, ["lib/util/a.ts: the table does not know the folder util"]],
  ["an import of a room below, and of a doorway, and rooms entered from beside them", {
    "lib/storage/engine/a.ts": `import "../tables/b.ts"; import "../types.ts"; import "./c.ts";`,
    "lib/storage/engine/c.ts": `import "../../platform/clock.ts";`,
    "lib/storage/tables/b.ts": ``,
    "lib/storage/types.ts": ``,
    "lib/storage/storage.ts": `import "./engine/a.ts";`,
    "lib/platform/clock.ts": ``,
  }, []],
  ["an import of a room above", {
    "lib/storage/tables/a.ts": `import type { B } from "../engine/b.ts";`,
    "lib/storage/engine/b.ts": ``,
  }, ["lib/storage/tables/a.ts: the room tables may not import lib/storage/engine/b.ts"]],
  ["an import from a room of what stands beside it", {
    "lib/storage/tables/a.ts": `import "../storage.ts";`,
    "lib/storage/storage.ts": ``,
  }, ["lib/storage/tables/a.ts: the room tables may not import lib/storage/storage.ts"]],
  ["a room that nobody planned", {
    "lib/storage/attic/a.ts": ``,
  }, ["lib/storage/attic/a.ts: the table does not know the room attic"]],
  ["a circle among files", {
    "lib/net/a.ts": `import "./b.ts";`,
    "lib/net/b.ts": `import type { C } from "./c.ts";`,
    "lib/net/c.ts": `export * from "./b.ts";`,
  }, ["a circle among files: lib/net/b.ts → lib/net/c.ts → lib/net/b.ts"]],
  ["a circle among folders, though none among files", {
    "lib/cli/a.ts": `import "../config/b.ts";`,
    "lib/config/b.ts": ``,
    "lib/config/c.ts": `import "../cli/d.ts";`,
    "lib/cli/d.ts": ``,
  }, ["lib/config/c.ts: config may not import lib/cli/d.ts", "a circle among folders: cli → config → cli"]],
  ["what somebody else's project would need our import map for, or gets in a version that we do not know", {
    "lib/platform/a.ts":
      `export * from "npm:left-pad@1.0.0"; import "npm:@std/pad@1.0.0/a.js"; import "npm:left-pad@^1";`,
    "lib/net/a.ts": `import "npm:left-pad@1.0.0"; import "@std/path"; import "https://example.com/a.ts";`,
  }, [
    `lib/platform/a.ts: "npm:left-pad@^1"${NO_PACKAGE}`,
    `lib/net/a.ts: "npm:left-pad@1.0.0"${NO_PACKAGE}`,
    `lib/net/a.ts: "@std/path"${NO_PACKAGE}`,
    `lib/net/a.ts: "https://example.com/a.ts"${NO_PACKAGE}`,
  ]],
  ["an import that leads nowhere, or out of lib/", {
    "lib/net/a.ts": `import "./gone.ts"; import "../../tests/support/fake_clock.ts";`,
  }, [
    `lib/net/a.ts: "./gone.ts" leads nowhere`,
    `lib/net/a.ts: "../../tests/support/fake_clock.ts" leads nowhere`,
  ]],
  ["an import that cannot be read", {
    "lib/net/a.ts": "await import(`./${name}.ts`); new Worker(`./${name}.ts`);",
  }, [
    "lib/net/a.ts: an import whose specifier is not a plain string",
    "lib/net/a.ts: a worker that is not named by new URL(…, import.meta.url)",
  ]],
  ["the screen outside the command line", {
    "lib/peer/a.ts": `globalThis.console.log(1); const { stdout } = Deno; Deno["stderr"]; take(console);`,
    "lib/peer/b.ts": `import process from "node:process"; process.stdout.write("a");`,
  }, [
    "lib/peer/a.ts: console outside lib/cli",
    "lib/peer/a.ts: Deno.stdout outside lib/cli",
    "lib/peer/a.ts: Deno.stderr outside lib/cli",
    "lib/peer/b.ts: process.stdout outside lib/cli",
  ]],
  ["a socket outside lib/net", {
    "lib/peer/a.ts":
      `import net from "node:net"; import "node:dgram"; Deno.listen({ port: 1 }); await fetch(url);`,
    "lib/peer/b.ts":
      `let state: Deno.Conn; const options = { fetch: 1, connect: 2 }; options.fetch; x.console();`,
  }, [
    "lib/peer/a.ts: node:dgram outside lib/net",
    "lib/peer/a.ts: node:net outside lib/net",
    "lib/peer/a.ts: Deno.listen outside lib/net",
    "lib/peer/a.ts: fetch outside lib/net",
  ]],
];

for (const [promise, tree, expected] of breaches) {
  Deno.test(`the import check ${expected.length > 0 ? "finds" : "lets pass"} ${promise}`, () => {
    assertEquals(importBreaches(new Map(Object.entries(tree)), RULES), expected);
  });
}

/** main.ts and all of lib/ (the types of other people's modules, `.d.ts`, are not ours to check). */
function readTree(): SourceTree {
  const tree = new Map<string, string>();
  const read = (path: string) => tree.set(path, Deno.readTextFileSync(join(ROOT, path)));
  const walk = (folder: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(join(ROOT, folder))) {
      if (isDirectory) walk(`${folder}/${name}`);
      else if (/\.(ts|js|css|html|svg)$/.test(name) && !name.endsWith(".d.ts")) read(`${folder}/${name}`);
    }
  };
  read("main.ts");
  walk("lib");
  return tree;
}
