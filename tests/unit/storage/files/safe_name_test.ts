import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { NAME_MAX } from "../../../../lib/protocol/limits.ts";
import { foldName, safeFolderName, safeName, suffixedName } from "../../../../lib/storage/files/safe_name.ts";
import { SeededRandom } from "../../../support/seeded_random.ts";

const byteLength = (text: string) => new TextEncoder().encode(text).length;

Deno.test("a good name stays as it is", () => {
  for (
    const name of [
      "reading.json",
      "Messwerte März.json",
      "a..b.json",
      "データ.json",
      "x_-.tar.gz",
      "❤.json",
      "a+b@c-d.json",
    ]
  ) {
    assertEquals(safeName(name), name);
  }
});

Deno.test("a name from the network is one path segment", () => {
  const cases: Record<string, string> = {
    "../../etc/passwd": "_.._etc_passwd",
    "/etc/passwd": "_etc_passwd",
    "C:\\Windows\\x.json": "C__Windows_x.json",
    "\\\\host\\share": "__host_share",
    "a.json:hidden": "a.json_hidden",
    "a\0b.json": "a_b.json",
    "a\nb\x1b[31m.json": "a_b_[31m.json",
    "a\u2215b\uff0fc\u2044d\uff3ce\u29f8f.json": "a_b_c_d_e_f.json",
    "C\uff1ax": "C_x",
    "\uff0e\uff0e\uff0fx": "___x",
    '*?"<>|.json': "______.json",
  };
  for (const [name, expected] of Object.entries(cases)) assertEquals(safeName(name), expected);
});

Deno.test("a name from the network is what it looks like", () => {
  assertEquals(safeName("a\u202egpj.json"), "agpj.json");
  assertEquals(safeName("re\u200bad\ufeffing.json"), "reading.json");
  assertEquals(safeName("a\u00a0b\u3000c.json"), "a b c.json");
  assertEquals(safeName(".\u200b./x"), "_x");
});

Deno.test("a name from the network is never hidden, empty, or a temporary name of ours", () => {
  for (const name of ["", ".", "..", "...", " . . ", "\u200b", "\u202e"]) {
    assertEquals(safeName(name), "document.json");
  }
  assertEquals(safeName(".earshot-01234567-0.tmp"), "earshot-01234567-0.tmp");
  assertEquals(safeName(" .json. "), "json");
  assertEquals(safeFolderName(" \u202e"), "peer");
});

Deno.test("no program takes a name from the network for an option, a command, or a list of files", () => {
  const cases: Record<string, string> = {
    "--checkpoint-action=exec=sh x.json": "_--checkpoint-action=exec=sh x.json",
    "-rf": "_-rf",
    ". -rf.json": "_-rf.json",
    "\u200b-x.json": "_-x.json",
    "\u2013EncodedCommand.json": "_\u2013EncodedCommand.json",
    "+!reboot.json": "_+!reboot.json",
    "@list.json": "_@list.json",
  };
  for (const [name, expected] of Object.entries(cases)) {
    assertEquals(safeName(name), expected);
    assertEquals(safeFolderName(name), expected);
  }
  assertEquals(safeName("-".repeat(300)).length, NAME_MAX);
  assertEquals(suffixedName(safeName("-x.json"), "-2"), "_-x-2.json");
});

Deno.test("what a desktop, a browser or a shell would run or obey gets .json behind it", () => {
  const names =
    "desktop.ini Desktop.INI autorun.inf AutoRun.Inf x.desktop x.lnk x.url x.cmd x.hta x.html X.HTML x.htm x.xhtml " +
    "x.svg x.bat x.exe x.com x.scr x.pif x.vbs x.js x.jse x.wsf x.ps1 x.msi x.reg x.cpl x.scf x.library-ms x.search-ms " +
    "x.settingcontent-ms x.appref-ms x.application x.jar x.jnlp x.mht x.mhtml x.xml x.sh x.bash x.command x.py x.webloc " +
    "x.inetloc x.fileloc x.terminal x.workflow x.app x.php x.php5 x.chm x.iqy x.slk x.service x.json.html x.\uff48tml " +
    "Makefile .htaccess web.config .directory folder.htt x.website x.mobileconfig x.appimage .envrc";
  for (const name of names.split(" ")) {
    const safe = safeName(name);
    assertEquals(safe, `${name.replace(/^\./, "")}.json`);
    assertEquals(safeName(safe), safe);
    assert(suffixedName(safe, "-2").endsWith("-2.json"));
  }
  for (const name of ["x.html ", "x.html.", "x.ht\u200bml", " x.html. ."]) {
    assertEquals(safeName(name), "x.html.json");
  }
  const long = safeName("x".repeat(300) + ".html");
  assert(long.endsWith(".json") && byteLength(long) <= NAME_MAX, long);
  assert(!safeName("x".repeat(123) + ".html" + ".1".repeat(90)).endsWith(".html"));
  for (
    const name of [
      "x.json",
      "x.txt",
      "x.csv",
      "x.gz",
      "x.2026",
      "html",
      "x.html.json",
      "desktop.json",
      "notes.md",
    ]
  ) {
    assertEquals(safeName(name), name);
  }
});

Deno.test("a label is a folder, whatever a desktop would take it for", () => {
  const cases: Record<string, string> = {
    "bob.app": "bob_app",
    "Control Panel.{21EC2020-3AEA-1069-A2DD-08002B30309D}":
      "Control Panel__21EC2020-3AEA-1069-A2DD-08002B30309D_",
    "x.workflow": "x_workflow",
    "Bobs-Mac.local": "Bobs-Mac.local",
    "host.example.com": "host.example.com",
    "desktop.ini": "desktop.ini",
    // The short names of folders on Windows.
    "ALICE-~1": "ALICE-_1",
    "ALICE-~12.lab": "ALICE-_12.lab",
    "~alice": "~alice",
  };
  for (const [label, expected] of Object.entries(cases)) assertEquals(safeFolderName(label), expected);
});

Deno.test("a device name of Windows is no file name, whatever its case and extension", () => {
  for (
    const name of ["CON", "aux.json", "Nul.tar.gz", "com1", "LPT9.json", "con .json", "COM¹.json", "CONIN$"]
  ) {
    assertEquals(safeName(name), `_${name}`);
  }
  for (const name of ["console.json", "com10.json", "nulls", "aux_.json"]) assertEquals(safeName(name), name);
  assertEquals(safeName("aux.\u200b"), "_aux");
});

Deno.test("an over-long name is cut on a character and keeps its extension", () => {
  assertEquals(safeName("x".repeat(300) + ".json"), "x".repeat(NAME_MAX - 5) + ".json");
  assertEquals(safeName("é".repeat(100) + ".json"), "é".repeat(61) + ".json");
  assertEquals(safeName("😀".repeat(40)), "😀".repeat(32));
  assertEquals(safeName("x".repeat(120) + "....." + "y".repeat(20)), "x".repeat(120) + "....." + "yyy");
  assertEquals(safeName("x".repeat(124) + ".".repeat(40) + "z"), "x".repeat(124) + ".z");
});

Deno.test("a number goes before the extension and fits", () => {
  assertEquals(suffixedName("reading.json", "-2"), "reading-2.json");
  assertEquals(suffixedName("reading", "-2"), "reading-2");
  assertEquals(suffixedName("a.tar.gz", "-10"), "a.tar-10.gz");
  const long = suffixedName(safeName("x".repeat(300) + ".json"), "-12345");
  assertEquals(byteLength(long), NAME_MAX);
  assert(long.endsWith("x-12345.json"));
});

Deno.test("names that some file system takes for the same one are the same folded", () => {
  for (
    const [a, b] of [["Reading.JSON", "reading.json"], ["é.json", "e\u0301.json"], ["STRASSE", "straße"], [
      "STRAẞE",
      "straße",
    ], ["ﬁ", "FI"]]
  ) {
    assertEquals(foldName(a!), foldName(b!));
  }
  assertNotEquals(foldName("a.json"), foldName("b.json"));
});

Deno.test("whatever the name from the network, the safe one is safe, and safe again", () => {
  const random = new SeededRandom();
  const pieces = [
    ..."./\\:. \0\n\u202e\u200b\uff0f\u0301aZ😀\ud800",
    "..",
    "con",
    "aux",
    ".json",
    "-",
    ".html",
    "x".repeat(100),
    "é".repeat(50),
  ];
  for (let i = 0; i < 5000; i++) {
    const name = Array.from({ length: random.u32() % 12 }, () => random.pick(pieces)).join("");
    const safe = safeName(name);
    // deno-lint-ignore no-control-regex
    assert(!/[\x00-\x1f\x7f<>:"/\\|?*\u202a-\u202e\u200b-\u200f\uff0f]/.test(safe), JSON.stringify(name));
    assert(
      safe.length > 0 && byteLength(safe) <= NAME_MAX && !/^[. ]|[. ]$/.test(safe),
      JSON.stringify(name),
    );
    assert(!/^(?:con|aux)\s*(?:\.|$)/i.test(safe), JSON.stringify(name));
    assert(!/^-|\.html$/.test(safe), JSON.stringify(name));
    assertEquals(safeName(safe), safe);
    const folder = safeFolderName(name);
    assert(byteLength(folder) <= NAME_MAX && !/^[-. ]|[. ]$/.test(folder), JSON.stringify(name));
    assertEquals(safeFolderName(folder), folder);
    assert(byteLength(suffixedName(safe, "-99999")) <= NAME_MAX);
  }
});
