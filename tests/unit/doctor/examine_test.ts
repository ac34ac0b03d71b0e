import { assert, assertEquals } from "@std/assert";
import { CHECKS } from "../../../lib/doctor/checks.ts";
import { examine } from "../../../lib/doctor/examine.ts";
import { type Check, explained, fault, type Finding, pass } from "../../../lib/doctor/finding.ts";
import type { Scene } from "../../../lib/doctor/scene.ts";

const SCENE = { os: "linux" } as Scene;

const check = (name: string, look: Check["look"], systems?: Check["systems"]): Check => ({
  name,
  title: name,
  look,
  systems,
});

Deno.test("checks run beside each other, and are told in their order", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const checks = [
    check("first", async () => {
      await promise;
      return pass("one");
    }),
    check("second", () => {
      resolve();
      return pass("two");
    }),
  ];
  const told: string[] = [];
  const findings = await examine(checks, SCENE, 60_000, ({ check }) => told.push(check));
  assertEquals(findings.map(({ saw }) => saw), ["one", "two"]);
  assertEquals(told, ["first", "second"]);
});

Deno.test("a check that hangs is unknown after the limit, and what waits for it is told too", async () => {
  const checks = [
    check("hangs", () => new Promise(() => {})),
    check("waits", async (_, found) => await explained(found, "hangs") ?? pass("it went on")),
  ];
  const began = performance.now();
  const findings = await examine(checks, SCENE, 20, () => {});
  assertEquals(findings.map(({ status }) => status), ["unknown", "unknown"]);
  assert(performance.now() - began < 30_000);
});

Deno.test("a check that fails is unknown, with the reason", async () => {
  const [finding] = await examine(
    [check("breaks", () => {
      throw new Deno.errors.PermissionDenied("os error 13");
    })],
    SCENE,
    60_000,
    () => {},
  );
  assertEquals(finding, {
    check: "breaks",
    status: "unknown",
    saw: "It cannot be looked at: this user may not use it.",
  });
});

Deno.test("which check is waited for is told before its finding", async () => {
  const told: unknown[] = [];
  const checks = ["first", "second"].map((name) => check(name, () => pass("")));
  const awaits = (...args: unknown[]) => void told.push(args);
  await examine(checks, SCENE, 60_000, ({ check }) => told.push(check), awaits);
  assertEquals(told, [["first", 0, 2], "first", ["second", 1, 2], "second"]);
});

Deno.test("a fault that explains another check is told once; a check for other systems explains nothing", async () => {
  const checks = [
    check("cause", () => fault("seen", "to do")),
    check("elsewhere", () => fault("seen", "to do"), ["darwin"]),
    check("effect", async (_, found) => await explained(found, "elsewhere", "cause") ?? pass("")),
  ];
  const findings: Finding[] = await examine(checks, SCENE, 60_000, () => {});
  assertEquals(findings.map(({ check, status }) => [check, status]), [["cause", "fault"], [
    "effect",
    "unknown",
  ]]);
  assertEquals(findings[1]!.saw, 'See "cause": that comes first.');
});

Deno.test("no two checks have one name, and each fits its column", () => {
  const names = CHECKS.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  assert(names.every((name) => /^[a-z]{1,11}$/.test(name)));
});
