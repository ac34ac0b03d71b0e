import { dirname, join } from "@std/path";

/** Source files of the product, and those of its page, by their path from the checkout, with `/` between folders: `lib/peer/peer.ts`. */
export type SourceTree = ReadonlyMap<string, string>;

/** What may be imported where. */
export interface ImportRules {
  /** Folder under lib/ → the folders under lib/ that it may import besides itself. */
  readonly table: Readonly<Record<string, readonly string[]>>;
  /** Folders that all others may import. */
  readonly common: readonly string[];
  /**
   * Folders under lib/ that have rooms: room → the rooms beside it that it may import. Files beside the rooms may import
   * all of them.
   */
  readonly rooms?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  /** Files beside rooms that every room may import. */
  readonly doorways?: readonly string[];
  /**
   * The only folder that imports packages, by whole names with an exact version. Whoever imports lib/ has not our import map.
   */
  readonly packages: string;
  /** The only folder that writes to the screen. */
  readonly screen: string;
  /** The only folder that touches sockets. */
  readonly sockets: string;
  /** The only file that imports what is no module of anybody's. */
  readonly noModule?: string;
}

/** One import: the file it names, or the specifier where it is bare. */
interface Import {
  readonly specifier: string;
  readonly relative: boolean;
  /** Whether nothing of it is left when the program runs. */
  readonly typeOnly: boolean;
  /** True if only its text is taken. */
  readonly isText?: boolean;
}

/** What one file imports, and which globals it uses, as dotted names: `console`, `Deno.connect`. */
interface FileFacts {
  readonly imports: readonly Import[];
  readonly uses: ReadonlySet<string>;
  readonly breaches: readonly string[];
}

const ANYTHING = "*";
const SOCKET_MODULES = ["dgram", "net", "tls", "http", "http2", "https"].map((name) => `node:${name}`);
const SOCKET_GLOBALS = [
  ..."connect connectTls startTls connectQuic listen listenTls listenDatagram serve QuicEndpoint"
    .split(" ").map((name) => `Deno.${name}`),
  "fetch",
  "WebSocket",
  "WebSocketStream",
  "EventSource",
];
const SCREEN_MODULES = ["node:console"];
const SCREEN_GLOBALS = ["console", "Deno.stdout", "Deno.stderr", "process.stdout", "process.stderr"];

/**
 * Every breach of the rules, one sentence each: an import that the table does not allow, that leads nowhere or that
 * cannot be read, a package named elsewhere than in its folder or not by its whole name, a circle among files or folders, the screen or a
 * socket used elsewhere than in its folder. Works only under `deno test`, whose parser it uses.
 */
export function importBreaches(tree: SourceTree, rules: ImportRules): string[] {
  const breaches: string[] = [];
  const files = new Map<string, string[]>();
  const folders = new Map<string, string[]>();
  for (const [path, source] of tree) {
    // The rest is the web page's, which a browser runs.
    if (!path.endsWith(".ts")) continue;
    const from = folderOf(path);
    const facts = readFacts(path, source);
    if (path !== rules.noModule) breaches.push(...facts.breaches.map((breach) => `${path}: ${breach}`));
    if (from !== "" && from !== "mod.ts" && rules.table[from] === undefined) {
      breaches.push(`${path}: the table does not know the folder ${from}`);
    }
    const [rooms, room] = [rules.rooms?.[from], roomOf(path)];
    if (rooms && room !== undefined && rooms[room] === undefined) {
      breaches.push(`${path}: the table does not know the room ${room}`);
    }
    for (const { specifier, relative, typeOnly, isText } of facts.imports) {
      if (!relative) {
        if (!isKnown(specifier, from, rules)) {
          breaches.push(
            `${path}: "${specifier}" is no path, no node: module, no package in lib/${rules.packages}`,
          );
        }
        continue;
      }
      const target = join(dirname(path), specifier).replaceAll("\\", "/");
      if (target === "deno.json") continue;
      if (!tree.has(target)) {
        breaches.push(`${path}: "${specifier}" leads nowhere`);
        continue;
      }
      if (isText) continue;
      append(files, path, target);
      const to = folderOf(target);
      if (to === from) {
        const breach = roomBreach(path, target, rules);
        if (breach) breaches.push(breach);
        continue;
      }
      append(folders, from, to);
      if (!isAllowed(from, target, typeOnly, rules)) {
        breaches.push(`${path}: ${from || "main.ts"} may not import ${target}`);
      }
    }
    breaches.push(...placeBreaches(path, facts, rules));
  }
  for (const circle of circles(files)) breaches.push(`a circle among files: ${circle.join(" → ")}`);
  for (const circle of circles(folders)) breaches.push(`a circle among folders: ${circle.join(" → ")}`);
  return breaches;
}

/** A folder under lib/; `mod.ts` for lib/mod.ts; empty for what lies outside lib/. */
function folderOf(path: string): string {
  const [top, folder] = path.split("/");
  return top === "lib" ? folder! : "";
}

/** The room of a file in its folder under lib/; undefined for a file beside the rooms. */
function roomOf(path: string): string | undefined {
  const [, , room, file] = path.split("/");
  return file === undefined ? undefined : room;
}

function roomBreach(path: string, target: string, rules: ImportRules): string | undefined {
  const rooms = rules.rooms?.[folderOf(path)];
  const [from, to] = [roomOf(path), roomOf(target)];
  if (!rooms || from === undefined || from === to || rules.doorways?.includes(target)) return undefined;
  if (to !== undefined && rooms[from]?.includes(to)) return undefined;
  return `${path}: the room ${from} may not import ${target}`;
}

function isKnown(specifier: string, from: string, rules: ImportRules): boolean {
  const isPackage = /^npm:(?:@[^/@]+\/)?[^/@]+@\d+\.\d+\.\d+(?:\/|$)/.test(specifier);
  return specifier.startsWith("node:") || (isPackage && from === rules.packages);
}

function isAllowed(from: string, target: string, typeOnly: boolean, rules: ImportRules): boolean {
  const to = folderOf(target);
  if (from === "") return to === "cli";
  if (rules.common.includes(to)) return true;
  if (from === "mod.ts") return to === "peer" || typeOnly;
  const allowed = rules.table[from] ?? [];
  return allowed.includes(ANYTHING) ? to !== "" : allowed.includes(to);
}

function placeBreaches(path: string, facts: FileFacts, rules: ImportRules): string[] {
  const folder = folderOf(path);
  const modules = facts.imports.map((one) => one.specifier);
  const found = (names: readonly string[]) =>
    names.filter((name) => facts.uses.has(name) || modules.includes(name));
  return [
    ...(folder === rules.screen ? [] : found([...SCREEN_MODULES, ...SCREEN_GLOBALS])
      .map((name) => `${path}: ${name} outside lib/${rules.screen}`)),
    ...(folder === rules.sockets ? [] : found([...SOCKET_MODULES, ...SOCKET_GLOBALS])
      .map((name) => `${path}: ${name} outside lib/${rules.sockets}`)),
  ];
}

/** Reads a file with Deno's own parser. */
function readFacts(path: string, source: string): FileFacts {
  const imports: Import[] = [];
  const uses = new Set<string>();
  const breaches: string[] = [];
  const add = (specifier: unknown, kind: "type" | "value" = "value") => {
    if (typeof specifier !== "string") breaches.push("an import whose specifier is not a plain string");
    else imports.push({ specifier, relative: /^[./]/.test(specifier), typeOnly: kind === "type" });
  };
  const visitor: Deno.lint.LintVisitor = {
    ImportDeclaration: (node) => {
      const attributes = (node as { attributes?: { value?: { value?: unknown } }[] }).attributes ?? [];
      if (!attributes.some(({ value }) => value?.value === "text")) {
        return add(node.source.value, node.importKind);
      }
      imports.push({
        specifier: node.source.value,
        relative: /^[./]/.test(node.source.value),
        typeOnly: false,
        isText: true,
      });
    },
    ExportAllDeclaration: (node) => add(node.source.value, node.exportKind),
    ExportNamedDeclaration: (node) => node.source && add(node.source.value, node.exportKind),
    ImportExpression: (node) => add(literal(node.source)),
    TSImportType: (node) => add(literal((node.argument as { literal?: unknown }).literal)),
    NewExpression(node) {
      const [specifier, base] = node.arguments;
      if (nameOf(node.callee) === "URL" && base && isModuleUrl(base)) add(literal(specifier));
      if (
        nameOf(node.callee) === "Worker" && nameOf(specifier) === undefined &&
        specifier?.type !== "NewExpression"
      ) {
        breaches.push("a worker that is not named by new URL(…, import.meta.url)");
      }
    },
    MemberExpression(node) {
      const object = nameOf(node.object);
      const property = node.computed ? literal(node.property) : nameOf(node.property);
      if (object && typeof property === "string") uses.add(`${object}.${property}`);
    },
    VariableDeclarator(node) {
      const object = nameOf(node.init);
      if (!object || node.id.type !== "ObjectPattern") return;
      for (const property of node.id.properties) {
        if (property.type === "Property") {
          uses.add(`${object}.${nameOf(property.key) ?? literal(property.key)}`);
        }
      }
    },
    Identifier(node) {
      if (isGlobalUse(node)) uses.add(node.name);
    },
  };
  Deno.lint.runPlugin(
    { name: "imports", rules: { facts: { create: () => visitor } } },
    path,
    source,
  );
  return { imports, uses, breaches };
}

/** The name of an identifier, also behind `globalThis.`. */
function nameOf(node: unknown): string | undefined {
  const { type, name, object, property } = (node ?? {}) as Record<string, unknown>;
  if (type === "Identifier") return name as string;
  return type === "MemberExpression" && nameOf(object) === "globalThis" ? nameOf(property) : undefined;
}

function literal(node: unknown): unknown {
  const { type, value } = (node ?? {}) as Record<string, unknown>;
  return type === "Literal" ? value : undefined;
}

function isModuleUrl(node: unknown): boolean {
  const { type, object, property } = (node ?? {}) as Record<string, { type?: string } | string>;
  return type === "MemberExpression" && (object as { type?: string }).type === "MetaProperty" &&
    nameOf(property) === "url";
}

/** Whether an identifier stands for a variable or a global, not for a property, a key or a type's member. */
function isGlobalUse(node: Deno.lint.Identifier): boolean {
  const parent = node.parent as unknown as Record<string, unknown> & { type: string };
  const isSame = (other: unknown) =>
    (other as { range?: number[] } | undefined)?.range?.[0] === node.range[0];
  if (parent.type === "MemberExpression") {
    return isSame(parent.object) || parent.computed === true || nameOf(parent.object) === "globalThis";
  }
  if (
    /^(Property|PropertyDefinition|MethodDefinition|TS.*Signature|TSEnumMember|TSQualifiedName)$/.test(
      parent.type,
    )
  ) {
    return !isSame(parent.key) && !isSame(parent.right) && !isSame(parent.id) || parent.shorthand === true;
  }
  return true;
}

/** One circle for each knot in a graph, as the path from a node back to itself. */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const visit = (node: string, trail: string[]) => {
    const start = trail.indexOf(node);
    if (start >= 0) {
      found.push([...trail.slice(start), node]);
      return;
    }
    if (done.has(node)) return;
    for (const next of graph.get(node) ?? []) visit(next, [...trail, node]);
    done.add(node);
  };
  for (const node of graph.keys()) visit(node, []);
  return found;
}

function append(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key) ?? [];
  if (!list.includes(value)) list.push(value);
  map.set(key, list);
}
