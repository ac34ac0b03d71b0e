// `deno task wasm` compiles lib/protocol/json_skim.c to WebAssembly, and writes it to json_skim_code.ts as text: so it
// needs nothing of whoever packages or compiles the program. On Debian: clang-14, lld-14.

import { fromFileUrl, join } from "@std/path";

const FOLDER = fromFileUrl(new URL("../../lib/protocol", import.meta.url));
const CODE = join(FOLDER, "json_skim_code.ts");

/** Compiles the C file; returns what json_skim_code.ts has to say. */
export async function compileWasm(): Promise<string> {
  const temporary = await Deno.makeTempDir();
  try {
    const [object, whole] = [join(temporary, "json_skim.o"), join(temporary, "json_skim.wasm")];
    await run("clang-14", [
      ...[
        "--target=wasm32",
        "-nostdlib",
        "-ffreestanding",
        "-O3",
        "-msimd128",
        "-Wall",
        "-Wextra",
        "-Werror",
      ],
      ...["-c", join(FOLDER, "json_skim.c"), "-o", object],
    ]);
    const options = ["--no-entry", "--gc-sections", "--strip-all", "-z", "stack-size=1024"];
    await run("wasm-ld-14", [...options, "--export=place", "--export=skim", object, "-o", whole]);
    const lines = (await Deno.readFile(whole)).toBase64().match(/.{1,100}/g)!;
    return [
      "// Made from json_skim.c by `deno task wasm`.",
      "",
      "/** WebAssembly, base64. */",
      `export const JSON_SKIM =\n  ${lines.map((line) => `"${line}"`).join(" +\n  ")};\n`,
    ].join("\n");
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
}

/** Reads json_skim_code.ts as it is. */
export function committedWasm(): Promise<string> {
  return Deno.readTextFile(CODE);
}

async function run(command: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
}

if (import.meta.main) await Deno.writeTextFile(CODE, await compileWasm());
