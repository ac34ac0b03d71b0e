import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { TrustBook } from "../../../lib/identity/trust_book.ts";
import { checkNotAnId, findNamed, findRecipient } from "../../../lib/identity/naming.ts";
import { ExitCode, UserError } from "../../../lib/platform/user_error.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const lab = { id: "labaaa".padEnd(24, "a"), name: "lab-pc" };
const kitchen = { id: "kitchen".padEnd(24, "b"), name: "Kitchen" };
const twin = { id: "labbbb".padEnd(24, "c"), name: "lab-pc" };

async function book(
  ...known: { id: string; name: string; how?: "trusted" | "blocked" }[]
): Promise<TrustBook> {
  const records = known.map(({ id, name, how = "trusted" }) => ({ id, name, how, since: 0 }));
  const store = {
    known: () => Promise.resolve(records),
    putKnown: () => Promise.resolve(),
    forgetKnown: () => Promise.resolve(),
  };
  return await TrustBook.load(store, new FakeClock());
}

function exitCodeOf(fn: () => unknown): number {
  return assertThrows(fn, UserError).exitCode;
}

Deno.test("a peer is meant by its name in any case, its id, or the beginning of its id", async () => {
  const trust = await book();
  for (const target of ["lab-pc", "LAB-PC", lab.id, "labaaa"]) {
    assertEquals(findRecipient(target, [lab, kitchen], trust), lab);
  }
  assertEquals(findRecipient("labaa", [lab, kitchen], trust), undefined, "five characters are a name");
  assertEquals(findRecipient("nobody", [lab, kitchen], trust), undefined);
});

Deno.test("an order that fits two peers is not guessed", async () => {
  const trust = await book();
  assertEquals(exitCodeOf(() => findRecipient("lab-pc", [lab, twin], trust)), ExitCode.usage);
  const near = { id: "labaaa".padEnd(24, "d"), name: "other" };
  assertEquals(exitCodeOf(() => findRecipient("labaaa", [lab, near], trust)), ExitCode.usage);
});

Deno.test("a name that is known never goes to another key", async () => {
  const trust = await book(lab);
  assertEquals(findRecipient("lab-pc", [lab], trust), lab);
  assertEquals(exitCodeOf(() => findRecipient("lab-pc", [twin], trust)), ExitCode.refused);
  const both = assertThrows(() => findRecipient("lab-pc", [lab, twin], trust), UserError);
  assertEquals(both.exitCode, ExitCode.refused);
  assertStringIncludes(both.message, "Name the one that you mean by its id.");
  assertEquals(both.message.includes("earshot trust"), false, "nobody is led to trust the newcomer");
  assertEquals(findRecipient(twin.id, [lab, twin], trust), twin, "its id still names it");
});

Deno.test("a known peer that takes the name of another known one is not taken for it", async () => {
  const trust = await book(lab, { ...kitchen, name: "kitchen" });
  const renamed = { id: kitchen.id, name: "lab-pc" };
  assertEquals(exitCodeOf(() => findRecipient("lab-pc", [renamed], trust)), ExitCode.refused);
});

Deno.test("a known peer that is not there is meant all the same, so that something can wait for it", async () => {
  const trust = await book(lab);
  assertEquals(findRecipient("lab-pc", [], trust), lab);
});

Deno.test("nothing goes to a peer that is blocked here", async () => {
  const trust = await book({ ...lab, how: "blocked" });
  assertEquals(exitCodeOf(() => findRecipient(lab.id, [lab], trust)), ExitCode.refused);
  assertEquals(exitCodeOf(() => findRecipient("lab-pc", [lab], trust)), ExitCode.refused);
});

Deno.test("an order about trust looks first where it has to", () => {
  assertEquals(findNamed("lab-pc", [lab], [twin]), lab);
  assertEquals(findNamed("lab-pc", [], [twin]), twin);
  assertEquals(findNamed(kitchen.id.slice(0, 7), [lab], [kitchen]), kitchen);
});

Deno.test("what has the form of an id is an id, whoever has it as a name", async () => {
  const liar = { id: "x".repeat(24), name: lab.id };
  const trust = await book();
  for (const target of [lab.id, lab.id.toUpperCase()]) {
    assertEquals(findRecipient(target, [liar], trust), undefined);
    assertEquals(findRecipient(target, [liar, lab], trust), lab);
    assertEquals(findNamed(target, [liar], []), undefined);
    assertEquals(findNamed(target, [], [liar, lab]), lab);
  }
});

Deno.test("a name that is the beginning of an id means neither of the two", async () => {
  const liar = { id: "x".repeat(24), name: "LABAAA" };
  const none = await book();
  const known = await book(lab);
  const trusted = await book(liar);
  const asked = [
    () => findRecipient("labaaa", [liar, lab], none),
    () => findRecipient("labaaa", [liar, lab], known),
    () => findRecipient("labaaa", [liar], known),
    () => findRecipient("labaaa", [lab], trusted),
    () => findRecipient("labaaa", [lab, liar], trusted),
    () => findRecipient("labaaa", [liar], none, { gone: [lab] }),
    () => findNamed("labaaa", [liar], [lab]),
    () => findNamed("labaaa", [lab], [liar]),
    () => checkNotAnId("labaaa", liar, [lab]),
  ];
  for (const [i, ask] of asked.entries()) {
    const { exitCode, message } = assertThrows(ask, UserError);
    assertEquals(exitCode, ExitCode.usage, `${i}`);
    for (const { id, name } of [liar, lab]) assertStringIncludes(message, `${id} (${name})`);
  }
  assertEquals(findRecipient("labaaa", [], none, { gone: [lab] }), undefined);
  assertEquals(findRecipient("labaaa", [lab], none, { gone: [{ ...lab, name: "before" }] }), lab);
  assertEquals(findRecipient("labaaaa", [liar, lab], none), lab, "a longer beginning is clear");
  checkNotAnId("labaaa", lab, [liar, { ...lab, name: "before" }]);
});

Deno.test("a peer that is blocked makes no name unclear", async () => {
  const trust = await book({ ...twin, how: "blocked" }, { ...kitchen, how: "blocked" });
  assertEquals(findRecipient("lab-pc", [twin, lab], trust), lab);
  const other = { id: "y".repeat(24), name: "kitchen" };
  assertEquals(findRecipient("kitchen", [kitchen, other], trust), other);
});

Deno.test("a name is the same in any letter case and in any Unicode form", async () => {
  const zoe = { id: "z".repeat(24), name: "Zoe\u0308" };
  const trust = await book();
  for (const target of ["Zoë", "ZOË", "zoe\u0308", "ZOE\u0308"]) {
    assertEquals(findRecipient(target, [zoe], trust), zoe);
    assertEquals(findNamed(target, [], [zoe]), zoe);
  }
  const street = { id: "w".repeat(24), name: "Straße" };
  assertEquals(findRecipient("STRASSE", [street], trust), street);
  assertEquals(findRecipient("zoe", [zoe], trust), undefined);
});

Deno.test("one's own name or id is said to be oneself", async () => {
  const trust = await book();
  const self = lab;
  for (const target of ["lab-pc", "LAB-PC", lab.id, lab.id.toUpperCase(), "labaaa"]) {
    for (
      const ask of [
        () => findRecipient(target, [kitchen], trust, { self }),
        () => findNamed(target, [kitchen], [], self),
      ]
    ) {
      const { exitCode, message } = assertThrows(ask, UserError);
      assertEquals(exitCode, ExitCode.usage);
      assertStringIncludes(message, `"${target}" is this peer itself (${lab.id}, lab-pc)`);
    }
  }
  const { message } = assertThrows(() => findRecipient("lab-pc", [twin], trust, { self }), UserError);
  assertStringIncludes(message, `${twin.id} (lab-pc), ${lab.id} (lab-pc, this peer itself)`);
  assertEquals(findRecipient(twin.id, [twin], trust, { self }), twin);
  assertEquals(
    findRecipient("lab-pc", [twin], await book(twin), { self }),
    twin,
    "the user said whose name it is",
  );
});
