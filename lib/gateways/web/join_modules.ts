/** Import of a module from another one. */
interface Import {
  readonly path: string;
  /** Name of it in the module, or a pattern; undefined if it is loaded for its effect only. */
  readonly into: string | undefined;
  /** Names of exports among these. */
  readonly names: readonly string[];
}

/** A module, taken apart. */
interface Parts {
  readonly imports: readonly Import[];
  /** The code without `import` and `export`. */
  readonly code: string;
  /** Its exports, as members of an object. */
  readonly exports: readonly string[];
}

const SPACE = /(?:\s|\/\/.*|\/\*[^]*?\*\/)*/y;
const IMPORT = /import\s*(?:(?:(\w+)|\{([^}]*)\})\s*from\s*)?"([^"]+)"\s*;/y;
const DECLARATION = /^export\s+((?:(?:async\s+)?function\*?|class|const)\s+(?:([\w$]+)|\[([^\]]*)\]))/gm;
const DEFAULT = /^export\s+default\s+([\w$]+)\s*;/gm;
const LIST = /(^|[;}])\s*export\s*\{([^}]*)\}\s*(?:from\s*"([^"]+)")?\s*;?/gm;

/** A file of joined modules. */
class JoinedFile {
  readonly modules: string[] = [];
  /** Names that it takes from earlier files, by their paths. */
  readonly taken = new Map<string, Set<string>>();
  /** Names that later files take from it. */
  readonly given = new Set<string>();

  constructor(readonly path: string) {}

  take({ file, name }: Joined): void {
    const names = this.taken.get(file.path) ?? new Set();
    this.taken.set(file.path, names.add(name));
    file.given.add(name);
  }

  get text(): string {
    const imports = [...this.taken].map(([from, names]) =>
      `import { ${[...names].join(", ")} } from "${from}";\n`
    );
    const exports = this.given.size === 0 ? [] : [`export { ${[...this.given].join(", ")} };\n`];
    return [...imports, ...this.modules, ...exports].join("");
  }
}

/** A module that was joined. */
interface Joined {
  readonly file: JoinedFile;
  /** Its name there. */
  readonly name: string;
  readonly exports: ReadonlySet<string>;
}

/**
 * Joins modules and all that they import into a few files: a browser asks for these, and not for each module. Every module
 * becomes a function that is called when those that it imports have been.
 *
 * Takes what the page's files use: imports at the head of a file; exports of functions, classes, constants and lists. An
 * import gets what the export is when the module has run.
 *
 * @param files texts by path
 * @param entries the first module of each file; a module that several need is in the first of them, from which the others
 *   import it
 * @throws {Error} a module is not there, imports itself over others, lacks an export, or loads another module later
 */
export function joinModules<File extends string>(
  files: Readonly<Record<string, string>>,
  entries: Readonly<Record<File, string>>,
): Record<File, string> {
  const modules = new Map<string, Joined | undefined>();
  const add = (path: string, file: JoinedFile): Joined => {
    const known = modules.get(path);
    if (known !== undefined) {
      if (known.file !== file) file.take(known);
      return known;
    }
    if (modules.has(path)) throw new Error(`${path} imports itself over others`);
    const name = `module${modules.size}`;
    modules.set(path, undefined);
    const text = files[path];
    if (text === undefined) throw new Error(`there is no ${path}`);
    const { imports, code, exports } = partsOf(text);
    if (/\bimport\s*\(/.test(code)) throw new Error(`${path} loads another module later`);
    const heads = imports.map(({ path: named, into, names }) => {
      const module = add(new URL(named, `page:${path}`).pathname, file);
      const lacked = names.find((name) => !module.exports.has(name));
      if (lacked !== undefined) throw new Error(`${named} has no export ${lacked}, which ${path} imports`);
      return into === undefined ? "" : `const ${into} = ${module.name};`;
    });
    file.modules.push(
      `// ${path}\nconst ${name} = (() => {${heads.join("")}${code}\nreturn { ${
        exports.join(", ")
      } };\n})();\n`,
    );
    const joined = { file, name, exports: new Set(exports.map((each) => each.split(":")[0]!)) };
    modules.set(path, joined);
    return joined;
  };

  const joined = Object.entries<string>(entries).map(([path, entry]) => {
    const file = new JoinedFile(path);
    add(entry, file);
    return file;
  });
  return Object.fromEntries(joined.map(({ path, text }) => [path, text])) as Record<File, string>;
}

function partsOf(text: string): Parts {
  const { imports, end } = headOf(text);
  const exports: string[] = [];
  const code = text.slice(end)
    .replaceAll(DECLARATION, (_, declaration: string, name: string | undefined, list: string) => {
      exports.push(...name === undefined ? namesOf(list).map(([each]) => each) : [name]);
      return declaration;
    })
    .replaceAll(DEFAULT, (_, name: string) => {
      exports.push(`default: ${name}`);
      return "";
    })
    .replaceAll(LIST, (_, before: string, list: string, from: string | undefined) => {
      const names = namesOf(list);
      exports.push(...names.map(([name, as]) => `${as}: ${from === undefined ? name : as}`));
      if (from !== undefined) {
        imports.push({
          path: from,
          into: patternOf(names),
          names: names.map(([name]) => name),
        });
      }
      return before;
    });
  return { imports, code, exports };
}

/** Reads the imports at the head of a module, and where they end. */
function headOf(text: string): { imports: Import[]; end: number } {
  const imports: Import[] = [];
  for (let end = 0;;) {
    SPACE.lastIndex = end;
    SPACE.exec(text);
    IMPORT.lastIndex = SPACE.lastIndex;
    const found = IMPORT.exec(text);
    if (!found) return { imports, end };
    const [, name, list, path] = found;
    const names: [string, string][] = name === undefined ? namesOf(list ?? "") : [["default", name]];
    const into = names.length > 0 ? patternOf(names) : undefined;
    imports.push({ path: path!, into, names: names.map(([each]) => each) });
    end = IMPORT.lastIndex;
  }
}

/** Reads `a, b as c`. */
function namesOf(list: string): [name: string, as: string][] {
  return list.split(",").map((each) => each.trim()).filter((each) => each !== "").map((each) => {
    const [name = "", as = name] = each.split(/\s+as\s+/);
    return [name, as];
  });
}

function patternOf(names: readonly (readonly [name: string, as: string])[]): string {
  return `{ ${names.map(([name, as]) => `${name}: ${as}`).join(", ")} }`;
}
