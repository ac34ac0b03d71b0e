import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { distrust } from "../../../lib/config/ownership.ts";

Deno.test("what belongs to root is obeyed by every user, what belongs to another is not", {
  ignore: Deno.build.os === "windows",
}, () => {
  const folder = Deno.makeTempDirSync();
  try {
    const file = join(folder, "earshot.jsonc");
    Deno.writeTextFileSync(file, "{}", { mode: 0o644 });
    const { uid, gid } = Deno.statSync(file);
    assertEquals(distrust(file, false), undefined);
    const stranger = { uid: uid! + 1, gid: gid! + 1 };
    assertEquals(
      distrust(file, false, stranger),
      uid === 0 ? undefined : `it belongs to another user (${uid})`,
    );
    assertEquals(distrust(file, true, stranger), undefined);
    assertEquals(distrust(file, false, { uid: null, gid: null }), undefined);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
