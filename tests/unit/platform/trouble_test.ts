import { assertEquals, assertMatch } from "@std/assert";
import { explain, isSystemError, meaningOf } from "../../../lib/platform/trouble.ts";

Deno.test("what the system says is told by its meaning, and with the way out", () => {
  const { errors } = Deno;
  const cases: [Error, string][] = [
    [new Error("No space left on device (os error 28)"), "(its disk is full): make room there"],
    [new Error("database or disk is full"), "(its disk is full): make room there"],
    [new Error("Disk quota exceeded (os error 122)"), "(its disk is full): make room there"],
    [
      new errors.PermissionDenied("Permission denied (os error 13)"),
      "(this user may not use it): give it to this user",
    ],
    [
      new errors.NotCapable('Requires all access to "/proc/x"'),
      "(it is among the special files of the system): choose another place",
    ],
    [
      new Error("Read-only file system (os error 30)"),
      "(it can only be read): make it writable for this user",
    ],
    [
      new Error("Too many open files (os error 24)"),
      "(too many files are open): end other programs, or raise the limit (`ulimit -n`)",
    ],
    [new Error("database is locked"), "(another program has locked it): end that program"],
    [
      new errors.AddrInUse("Address already in use (os error 98)"),
      "(another program has it): end that program",
    ],
    [
      new errors.AlreadyExists("File exists (os error 17): mkdir '/x'"),
      "(another file is in its place, or a broken link): move it away",
    ],
    [
      new errors.NotADirectory("Not a directory (os error 20)"),
      "(a part of its path is not a folder): move that part away",
    ],
    [new Error("Odd thing (os error 99): open '/x'"), "(the system says: Odd thing): check that place"],
  ];
  for (const [error, sentence] of cases) assertEquals(explain(error), sentence);
  assertMatch(explain(cases[0]![0], "go elsewhere"), /make room there, or go elsewhere$/);
  assertEquals(
    explain(cases[4]![0], "go elsewhere"),
    "(it is among the special files of the system): go elsewhere",
  );
  assertEquals(explain(cases[6]![0], "go elsewhere"), explain(cases[6]![0]), "that would not help");
});

Deno.test("what really happens is recognised, whatever this version of Deno calls it", {
  ignore: Deno.build.os !== "linux",
}, () => {
  const folder = Deno.makeTempDirSync();
  try {
    const meaning = (work: () => void) => {
      try {
        work();
      } catch (error) {
        assertEquals(isSystemError(error), true, `${error}`);
        return meaningOf(error);
      }
      throw new Error("it went well");
    };
    Deno.writeTextFileSync(`${folder}/file`, "");
    Deno.symlinkSync("nowhere", `${folder}/link`);
    Deno.symlinkSync("circle", `${folder}/circle`);
    assertMatch(meaning(() => Deno.mkdirSync(`${folder}/link`)), /^another file is in its place/);
    assertEquals(meaning(() => Deno.mkdirSync(`${folder}/file/x`)), "a part of its path is not a folder");
    assertEquals(meaning(() => Deno.readFileSync(folder)), "it is a folder");
    assertEquals(meaning(() => Deno.readFileSync(`${folder}/none`)), "it is not there");
    assertEquals(meaning(() => Deno.readFileSync(`${folder}/circle`)), "its links form a loop");
    assertEquals(
      meaning(() => Deno.writeFileSync(`${folder}/${"x".repeat(300)}`, new Uint8Array())),
      "its name is too long",
    );
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
