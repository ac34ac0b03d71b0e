// `deno task components [--url ADDRESS] [--namespace NAME] [--output FOLDER]`: makes the ESP-IDF components as they are
// uploaded to the ESP Component Registry, and applications that need nothing but them: each with its sources inside.
//
// ADDRESS is the web page of the project (that of the remote `origin`, if it has one).

import { parseArgs } from "@std/cli";
import { dirname, fromFileUrl, join, resolve } from "@std/path";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** Each component with the folders of `firmware/` that its sources are in; the first ones first. */
export const COMPONENTS: Record<string, string[]> = {
  earshot: ["core"],
  earshot_port: ["port/lwip", "port/esp-idf"],
  earshot_app: ["app"],
};

/** Applications in `firmware/example/` that are uploaded with the last component, and the board of the release. */
export const APPLICATIONS = ["template", "doorbell", "greenhouse", "board"];

export interface PackOptions {
  /** Whose components they are in the registry. */
  namespace: string;
  /** The web page of the project; without it the registry warns. */
  url?: string;
}

/** Makes all components in a folder, which is emptied first. */
export async function packComponents(output: string, options: PackOptions): Promise<void> {
  const { version, license } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  await Deno.remove(output, { recursive: true }).catch(() => {});
  for (const [name, folders] of Object.entries(COMPONENTS)) {
    const [from, to] = [join(ROOT, "firmware/esp-idf/components", name), join(output, name)];
    await copy(from, to);
    for (const folder of folders) await copy(join(ROOT, "firmware", folder), join(to, folder));
    await Deno.copyFile(join(ROOT, "LICENSE"), join(to, "LICENSE"));
    const cmake = await change(join(to, "CMakeLists.txt"), (text) => text.replaceAll("/../../../", "/"));
    const needed = Object.keys(COMPONENTS).filter((other) => requires(cmake).includes(other));
    await change(join(to, "idf_component.yml"), (text) =>
      [
        `version: "${version}"`,
        `license: "${license}"`,
        ...(options.url ? [`url: "${options.url}"`] : []),
        text.trimEnd(),
        ...needed.flatMap((
          other,
        ) => [`  ${options.namespace}/${other}:`, `    version: "${version}"`, "    require: public"]),
        "",
      ].join("\n"));
  }
  for (const name of APPLICATIONS) {
    await packApplication(name, join(output, "earshot_app/examples", name), options);
  }
}

/** Makes a project that needs only the components. */
async function packApplication(name: string, to: string, { namespace }: PackOptions): Promise<void> {
  const firmware = join(ROOT, "firmware");
  const { version } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  const main = name === "board" ? "esp-idf/main" : `example/${name}/main`;
  await copy(join(firmware, main), join(to, "main"));
  for await (const { name: file } of Deno.readDir(join(firmware, "esp-idf"))) {
    // The defaults of each chip are about the light of that board.
    const isOfChip = file.startsWith("sdkconfig.defaults.");
    if (/^(sdkconfig\..+|partitions.*\.csv|\.gitignore)$/.test(file) && (name === "board" || !isOfChip)) {
      await Deno.copyFile(join(firmware, "esp-idf", file), join(to, file));
    }
  }
  if (name === "board") {
    await change(join(to, "main/CMakeLists.txt"), (text) => text.replace("/../../example", "/example"));
    for await (const { name: file, isFile } of Deno.readDir(join(firmware, "example"))) {
      if (isFile) {
        await Deno.copyFile(join(firmware, "example", file), await place(join(to, "main/example", file)));
      }
    }
  }
  await Deno.writeTextFile(
    join(to, "CMakeLists.txt"),
    `# idf.py set-target esp32c3 && idf.py build flash monitor
cmake_minimum_required(VERSION 3.19)
set(PROJECT_VER ${version})
include($ENV{IDF_PATH}/tools/cmake/project.cmake)
set(COMPONENTS main)
project(${name === "template" ? "application" : name})
`,
  );
  // The registry removes `override_path`: until then, the components beside it are meant.
  const components = Object.keys(COMPONENTS).map((name) =>
    `  ${namespace}/${name}:
    version: "^${version}"
    override_path: ../../../${name === "earshot_app" ? "" : `../${name}`}
`
  );
  await Deno.writeTextFile(
    join(to, "main/idf_component.yml"),
    `dependencies:\n  idf: ">=5.4"\n${components.join("")}`,
  );
}

/** Names behind REQUIRES and PRIV_REQUIRES. */
export function requires(cmake: string): string[] {
  return [...cmake.matchAll(/\b(?:PRIV_)?REQUIRES([\sa-z0-9_]*)/g)].flatMap(([, names]) =>
    names!.split(/\s+/).filter(Boolean)
  );
}

async function place(path: string): Promise<string> {
  await Deno.mkdir(dirname(path), { recursive: true });
  return path;
}

/** Copies files, and the folders below. */
async function copy(from: string, to: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copy(join(from, name), join(to, name));
    else await Deno.copyFile(join(from, name), await place(join(to, name)));
  }
}

async function change(path: string, how: (text: string) => string): Promise<string> {
  const changed = how(await Deno.readTextFile(path));
  await Deno.writeTextFile(path, changed);
  return changed;
}

/** The web page of the remote `origin`, if it has one. */
async function addressOfOrigin(): Promise<string | undefined> {
  const { stdout } = await new Deno.Command("git", {
    args: ["-C", ROOT, "remote", "get-url", "origin"],
    stderr: "null",
  }).output();
  const [, host, path] =
    /^(?:https:\/\/|git@)([^/:]+)[/:](.+?)(?:\.git)?\s*$/.exec(new TextDecoder().decode(stdout)) ??
      [];
  return host && `https://${host}/${path}`;
}

if (import.meta.main) {
  const given = parseArgs(Deno.args, { string: ["url", "namespace", "output"] }) as Record<
    string,
    string | undefined
  >;
  const output = resolve(given.output ?? join(ROOT, "dist/components"));
  const url = given.url ?? await addressOfOrigin();
  await packComponents(output, { namespace: given.namespace ?? "earshot", url });
  console.log(`${output}: ${Object.keys(COMPONENTS).join(", ")}`);
  if (!url) console.log("Pass the web page of the project as --url before you upload them.");
}
