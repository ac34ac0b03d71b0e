import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";

// A start takes the modules that it loads: what a command does not need is not loaded before it.

const ROOT = new URL("../../../", import.meta.url);
const GRAPH = await readGraph();

Deno.test("the version, the help and a wrong command line need nothing but the command line itself", () => {
  const loaded = loadedWith("main.ts");
  assertEquals(
    loaded.filter((path) =>
      !/^(?:main\.ts|deno\.json|lib\/(?:cli|config|platform|protocol)\/.*)$/.test(path)
    ),
    [
      "lib/peer/version.ts",
      "lib/storage/threads/start_thread.ts",
      "npm:deno-std/cli/parse_args.js",
      "npm:deno-std/fmt/colors.js",
      "npm:deno-std/jsonc/mod.js",
    ],
  );
  assertEquals(loaded.filter((path) => /^lib\/cli\/\w+\//.test(path)), [
    "lib/cli/terminal/columns.ts",
    "lib/cli/terminal/output.ts",
    "lib/cli/terminal/theme.ts",
  ]);
});

Deno.test("a command loads no other, and no peer before it knows that none is running", () => {
  const folder = "lib/cli/commands";
  for (const { name } of Deno.readDirSync(new URL(folder, ROOT))) {
    const loaded = loadedWith(`${folder}/${name}`);
    const heavy = /^lib\/(?:cli\/commands|delivery|storage\/engine)\/|^lib\/peer\/peer\.ts$/;
    assertEquals(loaded.filter((path) => heavy.test(path)), [`${folder}/${name}`]);
  }
});

Deno.test("a command that may find a running peer loads neither SQLite nor cryptography before, nor anything of Node's", () => {
  for (const name of ["send", "say", "ask", "peers"]) {
    const loaded = loadedWith(`lib/cli/commands/${name}.ts`);
    assertEquals(loaded.filter((path) => /^node:|^lib\/storage\/(?!files\/|types\.ts)/.test(path)), [
      "lib/storage/threads/start_thread.ts",
    ]);
  }
});

Deno.test("a short-lived peer looks out for the recipient before its store, its sessions and cryptography are loaded", () => {
  const loaded = loadedWith("lib/peer/lookout.ts");
  const later = /^lib\/(?:storage\/(?!files\/)|delivery|session)/;
  assertEquals(loaded.filter((path) => later.test(path)), []);
  assertEquals(loaded.filter((path) => path.startsWith("node:")), ["node:buffer", "node:dgram"]);
});

Deno.test("the runtime reads nothing of what is imported later before it is needed", () => {
  const { unstable } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
  assertEquals(unstable, ["lazy-dynamic-imports", "raw-imports"]);
});

/** Lists what is loaded together with a file of the checkout, sorted; without what it imports only later. */
function loadedWith(path: string): string[] {
  const seen = new Set([path]);
  for (const one of seen) for (const next of GRAPH.get(one) ?? []) seen.add(next);
  return [...seen].sort();
}

/** Reads from the runtime which file imports which at once, by their paths in the checkout. */
async function readGraph(): Promise<Map<string, string[]>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", fromFileUrl(new URL("main.ts", ROOT))],
  }).output();
  const named = (specifier: string) =>
    specifier.replace(ROOT.href, "").replace(/^(npm:deno-std)@[\d.]+/, "$1");
  const graph = new Map<string, string[]>();
  for (
    const { specifier, dependencies = [] } of JSON.parse(new TextDecoder().decode(stdout)).modules as Module[]
  ) {
    const now = dependencies.filter(({ isDynamic, code }) => !isDynamic && code?.specifier !== undefined);
    graph.set(named(specifier), now.map(({ code }) => named(code!.specifier!)));
  }
  return graph;
}

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly isDynamic?: boolean;
    readonly code?: { readonly specifier?: string };
  }[];
}
