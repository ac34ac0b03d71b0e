import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { lacks } from "../../../support/require.ts";

const PROGRAM = fromFileUrl(new URL("./cannot_sync_program.ts", import.meta.url));

interface Outcome {
  readonly saved: boolean;
  readonly code?: string;
}

/** Saves documents where syncing gives this error: that of folders of the inbox, or any. */
async function saveOn(what: "folders" | "all", error: string) {
  const folder = await Deno.makeTempDir({ prefix: "earshot-cannot-sync-" });
  try {
    const calls = "fsync,fdatasync";
    const folders = ["", "inbox", "inbox/alice"].flatMap((path) => ["-P", join(folder, path)]);
    const { stdout, stderr } = await new Deno.Command("strace", {
      args: ["-f", "-o", "/dev/null", "-e", `trace=${calls}`, "-e", `inject=${calls}:error=${error}`]
        .concat(what === "folders" ? folders : [], Deno.execPath(), "run", "-q", "-P=test", PROGRAM, folder),
    }).output();
    const [text, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assert(text!.startsWith("{"), errors);
    const files = [...Deno.readDirSync(join(folder, "inbox", "alice"))].map(({ name }) => name).sort();
    return { ...JSON.parse(text!) as { outcomes: Outcome[]; warnings: string[] }, files };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const options = { ignore: lacks("strace") };

for (const error of ["EINVAL", "ENOSYS", "EOPNOTSUPP", "ENOTTY"]) {
  Deno.test(
    `folders whose file system answers ${error} take documents, and that is told once`,
    options,
    async () => {
      const { outcomes, warnings, files } = await saveOn("folders", error);
      assertEquals(outcomes.map(({ saved }) => saved), [true, true, true], JSON.stringify(outcomes));
      assertEquals(files, ["large-2.json", "large.json", "reading.json"]);
      assertEquals(warnings.length, 1);
      assertStringIncludes(warnings[0]!, "cannot-sync-folder");
      assertStringIncludes(warnings[0]!, "documents are accepted");
    },
  );
}

Deno.test(
  "files and a database that cannot be made durable are used with what there is",
  options,
  async () => {
    const { outcomes, warnings, files } = await saveOn("all", "EINVAL");
    assertEquals(outcomes.map(({ saved }) => saved), [true, true, true], JSON.stringify(outcomes));
    assertEquals(files, ["large-2.json", "large.json", "reading.json"]);
    const codes = ["cannot-sync-file", "cannot-sync-folder", "cannot-sync-state"];
    assertEquals(warnings.map((text) => text.split(":")[0]!).sort(), [...codes, "cannot-sync-state"].sort());
  },
);

Deno.test("a disk that fails is an error as before", options, async () => {
  for (const error of ["EIO", "ENOSPC"]) {
    const { outcomes, warnings } = await saveOn("folders", error);
    assertEquals(outcomes.map(({ code }) => code), [undefined, "busy", "busy"]);
    assert(warnings.some((text) => text.startsWith("sync-failed")), `${warnings}`);
    assert(!warnings.some((text) => text.startsWith("cannot-")), `${warnings}`);
  }
});
