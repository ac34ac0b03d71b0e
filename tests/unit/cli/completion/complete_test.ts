import { assertEquals } from "@std/assert";
import { COMMANDS } from "../../../../lib/cli/commands.ts";
import { complete, peerWords } from "../../../../lib/cli/completion/complete.ts";

/** The words that can stand at the end of a line, which ends with what is typed of the last one. */
function wordsAfter(line: string): string[] {
  return complete(line.split(" "), COMMANDS).words.map(([word]) => word);
}

function lookedUp(line: string): string | undefined {
  return complete(line.split(" "), COMMANDS).lookUp;
}

Deno.test("a line without a command is completed with all of them, also after options and their values", () => {
  const all = COMMANDS.map(({ name }) => name).filter(Boolean);
  for (const line of ["", "--json ", "--profile run ", "--profile=run "]) {
    assertEquals(wordsAfter(line), [...all, "help"], line);
  }
  assertEquals(wordsAfter("--plain ").includes("send"), true, "a value would stand behind =");
  assertEquals(wordsAfter("help "), all);
});

Deno.test("options are those of the command and of all, once each unless they can be repeated", () => {
  const given = wordsAfter("send a.json --queue --to bob --name=x --timeout 5 --");
  for (const flag of ["--queue", "--name", "--timeout", "--limit"]) {
    assertEquals(given.includes(flag), false, flag);
  }
  for (const flag of ["--to", "--stream", "--json", "--profile"]) {
    assertEquals(given.filter((word) => word === flag), [flag]);
  }
});

Deno.test("values are looked up by what an option takes", () => {
  assertEquals(complete(["say", "hi", "--to", ""], COMMANDS), {
    words: [["all", "everyone who is up"]],
    lookUp: "recipients",
    prefix: "",
  });
  assertEquals(complete(["say", "hi", "--to=b"], COMMANDS).prefix, "--to=");
  assertEquals(lookedUp("inbox --from "), "names");
  assertEquals(lookedUp("run --inbox "), "files");
  assertEquals(lookedUp("run --config "), "files");
  assertEquals(wordsAfter("--plain="), ["unencrypted", "readable"]);
  assertEquals(wordsAfter("run --port "), []);
});

Deno.test("arguments are what the usage of the command says", () => {
  assertEquals(lookedUp("send "), "files");
  assertEquals(lookedUp("send a.json "), "files");
  assertEquals(["trust ", "forget ", "doctor "].map(lookedUp), ["names", "names", "names"]);
  assertEquals(lookedUp("block "), "ids");
  assertEquals(lookedUp("trust bob "), undefined);
  assertEquals(wordsAfter("inbox "), ["show", "path", "sql"]);
  assertEquals(wordsAfter("inbox show "), []);
  assertEquals(wordsAfter("group "), ["new", "show", "leave"]);
  assertEquals(wordsAfter("on "), ["document", "chat", "ask", "peer"]);
  assertEquals(wordsAfter("completion "), ["bash", "zsh", "fish"]);
  assertEquals(lookedUp("on document -- "), "files");
  assertEquals([wordsAfter("say -- "), lookedUp("say -- ")], [[], undefined]);
});

Deno.test("peers whose names mean the same are completed by their ids, which say who is meant", () => {
  const [ids, names] = [["a", "b", "c"].map((char) => char.repeat(24)), ["Bob", "carol", "bob"]];
  const peers = names.map((name, i) => ({ id: ids[i]!, name }));
  assertEquals(peerWords(peers, "names"), [[ids[0]!, "Bob"], ["carol", "a peer"], [ids[2]!, "bob"]]);
  assertEquals(peerWords(peers, "ids").map(([word]) => word), ids);
});
