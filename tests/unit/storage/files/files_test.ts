import { assert, assertEquals, assertFalse } from "@std/assert";
import { join } from "@std/path";
import { type FileCalls, Files, toLines } from "../../../../lib/storage/files/files.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function inFolder(test: (folder: string) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const folder = await Deno.makeTempDir({ prefix: "earshot-files-" });
    try {
      await test(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  };
}

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

/** Calls that work, but for those given. */
function calls(broken: Partial<FileCalls>): FileCalls {
  return { link: Deno.linkSync, sync: (file) => file.syncSync(), ...broken };
}

function cannotLink(): never {
  throw new Deno.errors.PermissionDenied("Operation not permitted (os error 1)");
}

for (
  const [what, broken] of [["", {}], [" on a file system that cannot link", { link: cannotLink }]] as const
) {
  Deno.test(
    `a file is made once${what}, and nothing that exists is overwritten`,
    inFolder((folder) => {
      const files = new Files("t", "store", undefined, calls(broken));
      assert(files.create(join(folder, "new", "folder"), "a.json", bytes("1")));
      assert(files.create(folder, "a.json", bytes("1")));
      assertFalse(files.create(folder, "a.json", bytes("2")));
      assert(files.create(folder, "b.json", bytes("3")));
      assertEquals(Deno.readTextFileSync(join(folder, "a.json")), "1");
      assertEquals(names(folder), ["a.json", "b.json", "new"]);
    }),
  );
}

Deno.test(
  "a document is seen whole or not at all",
  inFolder((folder) => {
    const seen: Record<string, string[]> = {};
    const files = new Files("t", "store", (step) => seen[step] = names(folder));
    files.create(folder, "a.json", bytes("1"));
    assertEquals(seen, {
      written: [".earshot-t-store.tmp"],
      linked: [".earshot-t-store.tmp", "a.json"],
    });
    assertEquals(names(folder), ["a.json"]);
  }),
);

Deno.test(
  "a temporary file that a crash left is ours to remove, another's is not",
  inFolder((folder) => {
    const leave = () => {
      for (const name of ["t-store", "t-placer", "u-store"]) {
        Deno.writeTextFileSync(join(folder, `.earshot-${name}.tmp`), "left");
      }
    };
    leave();
    assert(new Files("t").create(folder, "a.json", bytes("1")));
    assertEquals(names(folder), [".earshot-t-placer.tmp", ".earshot-u-store.tmp", "a.json"]);
    assertEquals(Deno.readTextFileSync(join(folder, "a.json")), "1");
    leave();
    new Files("t").removeLeftovers(folder);
    assertEquals(names(folder), [".earshot-u-store.tmp", "a.json"]);
  }),
);

Deno.test(
  "lines go to the end that was expected, or nowhere",
  inFolder((folder) => {
    const files = new Files("t");
    const path = join(folder, "log");
    assertEquals(files.append(folder, "log", 0, bytes("1\n")), 0);
    assertEquals(files.append(folder, "log", 0, bytes("2\n")), undefined);
    assertEquals(files.append(folder, "log", 1, bytes("2\n")), undefined);
    assertEquals(files.append(folder, "log", 3, bytes("2\n")), undefined);
    assertEquals(files.append(folder, "none", 3, bytes("2\n")), undefined);
    assertEquals(files.append(folder, "log", 2, bytes("2\n")), 2);
    assertEquals(Deno.readTextFileSync(path), "1\n2\n");
    if (Deno.build.os === "windows") return;
    new Deno.Command("mkfifo", { args: [join(folder, "pipe")] }).outputSync();
    assertEquals(files.append(folder, "pipe", 3, bytes("2\n")), undefined);
    assertEquals(files.sync({ files: [join(folder, "pipe")], folders: [] }), new Map());
  }),
);

Deno.test("one document is one line of the same length and meaning", () => {
  const documents = ['{\n"a":\r\n"\\n"}', "[]", "\r\n1\n\n", ""].map(bytes);
  assertEquals(new TextDecoder().decode(toLines(documents)), '{ "a":  "\\n"}\n[]\n  1  \n\n');
});

Deno.test(
  "what is gone needs no sync, and every other failure is told",
  inFolder((folder) => {
    const failing = new Files(
      "t",
      "store",
      undefined,
      calls({
        sync: () => {
          throw new Error("Input/output error");
        },
      }),
    );
    const path = join(folder, "a");
    Deno.writeTextFileSync(path, "1");
    const gone = [join(folder, "gone"), join(folder, "gone", "too")];
    assertEquals(
      failing.sync({ files: [path, ...gone], folders: [folder, ...gone] }),
      new Map([[path, "its disk reports an error"]]),
    );
  }),
);
