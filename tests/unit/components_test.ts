import { assert, assertEquals, assertMatch } from "@std/assert";
import { existsSync } from "@std/fs";
import { basename, dirname, fromFileUrl, join, relative, resolve } from "@std/path";
import { parse } from "@std/yaml";
import { APPLICATIONS, COMPONENTS, packComponents, requires } from "../support/components.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/*
 * The rules of the ESP Component Registry, as its documentation and the Component Manager of 2025 have them
 * (manifest_file.rst, component_files.rst; manifest/models.py, manifest/constants.py).
 */
const KEYS = ["version", "license", "url", "description", "targets", "tags", "dependencies"];
const KNOWN_TARGETS = [
  "esp32",
  "esp32s2",
  "esp32c3",
  "esp32s3",
  "esp32c2",
  "esp32c5",
  "esp32c6",
  "esp32h2",
  "esp32p4",
];
const SLUG = "[a-zA-Z\\d]+(?:[_-](?![_-])|[a-zA-Z\\d])*[a-zA-Z\\d]+";
const SEMVER = /^\d+\.\d+\.\d+$/;
const RANGE = /^(\^|~|==|>=)?\d+\.\d+(\.\d+)?$/;
/** Never in an archive: files of builds, and of a user. */
const EXCLUDED = /(^|\/)(build|dist|managed_components|sdkconfig|sdkconfig\.old|dependencies\.lock)(\/|$)/;

interface Manifest {
  [key: string]: unknown;
  version: string;
  targets: string[];
  tags: string[];
  dependencies: Record<string, string | { version: string; require?: string; override_path?: string }>;
}

const read = (path: string) => Deno.readTextFileSync(path);
const manifestOf = (folder: string) => parse(read(join(folder, "idf_component.yml"))) as Manifest;

/** Paths of all files below a folder. */
function files(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory, isSymlink }) => {
    assert(!isSymlink, `${name}: an archive has no links`);
    return isDirectory ? files(join(folder, name)) : [join(folder, name)];
  });
}

/** Calls `check` with the packed components. */
async function withComponents(check: (folder: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "earshot-components-" });
  try {
    await packComponents(join(folder, "all"), { namespace: "someone", url: "https://example.org/earshot" });
    check(join(folder, "all"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Include folders of a component, as its CMakeLists.txt names them. */
function includeFolders(component: string): string[] {
  const cmake = read(join(component, "CMakeLists.txt"));
  const [, name, folder] = /^set\((\w+) \$\{CMAKE_CURRENT_LIST_DIR\}\/(\w+)\)$/m.exec(cmake)!;
  return [...cmake.matchAll(/INCLUDE_DIRS ([^\n]+?)(?= PRIV_|\n)/g)].flatMap(([, list]) =>
    list!.split(" ").map((path) => join(component, path.replace(`\${${name}}`, folder!)))
  );
}

Deno.test("each component has the manifest that the registry of ESP-IDF wants", () =>
  withComponents((folder) => {
    const { version } = JSON.parse(read(join(ROOT, "deno.json")));
    for (const name of Object.keys(COMPONENTS)) {
      assertMatch(name, new RegExp(`^${SLUG}$`));
      assert(name.length <= 64 && !name.includes("__"));
      const manifest = manifestOf(join(folder, name));
      assertEquals(Object.keys(manifest).toSorted(), KEYS.toSorted());
      assertEquals([manifest.version, manifest.license], [version, "MIT"]);
      assertMatch(manifest.version, SEMVER);
      assertMatch(String(manifest.url), /^https:\/\/./);
      assert(String(manifest.description).length > 20);
      assertEquals(manifest.targets.filter((target) => !KNOWN_TARGETS.includes(target)), []);
      for (const tag of manifest.tags) assertMatch(tag, /^[A-Za-z0-9_-]{3,32}$/);
      for (const list of [manifest.targets, manifest.tags]) assertEquals(new Set(list).size, list.length);
      for (const [dependency, wanted] of Object.entries(manifest.dependencies)) {
        assertMatch(dependency, new RegExp(`^(${SLUG}/)?${SLUG}$`));
        const fields = typeof wanted === "string" ? { version: wanted } : wanted;
        // Not `path`, `git` or `override_path`: what is uploaded depends on what is uploaded.
        assertEquals(Object.keys(fields).filter((key) => !["version", "require"].includes(key)), []);
        assertMatch(fields.version, RANGE);
      }
      assert(!read(join(folder, name, "idf_component.yml")).includes("$"), "the environment is not asked");
      // What CMake requires of our own components is a dependency, too.
      const ours = requires(read(join(folder, name, "CMakeLists.txt"))).filter((other) =>
        other in COMPONENTS
      );
      const named = Object.keys(manifest.dependencies).filter((other) => other.startsWith("someone/"));
      assertEquals(ours.map((other) => `someone/${other}`).toSorted(), named.toSorted());
    }
  }));

Deno.test("each component is whole: nothing in it is outside of it", () =>
  withComponents((folder) => {
    for (const name of Object.keys(COMPONENTS)) {
      const component = join(folder, name);
      for (const file of ["CMakeLists.txt", "README.md", "LICENSE", "idf_component.yml"]) {
        assert(existsSync(join(component, file)), `${name} has no ${file}`);
      }
      assertEquals(
        files(component).map((file) => relative(component, file)).filter((file) => EXCLUDED.test(file)),
        [],
      );
      for (const file of files(component)) {
        if (basename(file) === "CMakeLists.txt") {
          assert(!read(file).includes(".."), `${file} leaves its folder`);
        }
      }
      const visible = [name, ...requires(read(join(component, "CMakeLists.txt")))]
        .filter((other) => other in COMPONENTS).flatMap((other) => includeFolders(join(folder, other)));
      const sources = files(component).filter((file) => /\.[ch]$/.test(file) && !file.includes("/examples/"));
      assert(sources.length > 0 && sources.some((file) => file.endsWith(".c")), `${name} has sources`);
      for (const source of sources) assertIncludes(source, [...visible]);
      // Objects of one component may lie in one folder.
      const objects = sources.filter((file) => file.endsWith(".c")).map((file) => basename(file));
      assertEquals(new Set(objects).size, objects.length);
    }
    // Nor may two of those that make a board on a desk have one name.
    const folders = [...Object.values(COMPONENTS).flat(), "port/posix", "host"];
    const all = folders.flatMap((path) => files(join(ROOT, "firmware", path)));
    const names = all.filter((file) => file.endsWith(".c")).map((file) => basename(file));
    assertEquals(new Set(names).size, names.length, "objects of all components may lie in one folder");
  }));

/** Each file that a source includes in quotation marks is beside it, or where it looks. */
function assertIncludes(source: string, visible: string[]): void {
  for (const [, header] of read(source).matchAll(/^#include "([^"]+)"/gm)) {
    const found = [dirname(source), ...visible].some((place) => existsSync(join(place, header!)));
    assert(found, `${source} includes ${header}, which is in none of ${visible.join(", ")}`);
  }
}

Deno.test("each application is a project that needs nothing but the components", () =>
  withComponents((folder) => {
    const { version } = JSON.parse(read(join(ROOT, "deno.json")));
    const app = join(folder, "earshot_app");
    const visible = ["earshot_app", "earshot"].flatMap((name) => includeFolders(join(folder, name)));
    for (const name of APPLICATIONS) {
      const project = join(app, "examples", name);
      assertMatch(read(join(project, "CMakeLists.txt")), /^project\(\w+\)$/m);
      const { dependencies } = manifestOf(join(project, "main"));
      for (const component of Object.keys(COMPONENTS)) {
        const wanted = dependencies[`someone/${component}`];
        assert(typeof wanted === "object");
        assertEquals(wanted.version, `^${version}`);
        assertEquals(resolve(project, "main", wanted.override_path!), join(folder, component));
      }
      const own = files(join(project, "main")).filter((file) => /\.[ch]$/.test(file));
      const folders = [...new Set(own.map((file) => dirname(file)))];
      for (const source of own) assertIncludes(source, [...visible, ...folders]);
      const cmake = read(join(project, "main/CMakeLists.txt"));
      for (const source of own.filter((file) => file.endsWith(".c"))) {
        assert(cmake.includes(basename(source)), `${name}: ${basename(source)} is not compiled`);
      }
      const [, table] = /^CONFIG_PARTITION_TABLE_CUSTOM_FILENAME="(.*)"$/m.exec(
        read(join(project, "sdkconfig.defaults")),
      )!;
      assert(existsSync(join(project, table!)), `${name} has its partitions`);
    }
    assert(
      read(join(app, "examples/greenhouse/main/greenhouse.c")).split("\n").length <= 111,
      "110 lines at most",
    );
  }));
