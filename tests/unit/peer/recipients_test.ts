import { assertEquals, assertThrows } from "@std/assert";
import { TrustBook } from "../../../lib/identity/trust.ts";
import { findNamed, findRecipient } from "../../../lib/peer/recipients.ts";
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
  assertEquals(exitCodeOf(() => findRecipient("lab-pc", [lab, twin], trust)), ExitCode.refused);
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

Deno.test("a name comes before the beginning of an id, which a stranger may have chosen", async () => {
  const garage = { id: "mmmmmm".padEnd(24, "m"), name: "garage" };
  const stranger = { id: "garage".padEnd(24, "q"), name: "evil" };
  const trust = await book(garage);
  assertEquals(findRecipient("garage", [stranger, garage], trust), garage);
  assertEquals(findRecipient("garage", [stranger], trust), garage, "also where it is not there");
  assertEquals(findNamed("garage", [stranger], [garage]), garage);
  assertEquals(findRecipient(stranger.id, [stranger, garage], trust), stranger);
});
