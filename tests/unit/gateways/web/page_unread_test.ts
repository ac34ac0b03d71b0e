import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { isUnread, openMarks, withRead } from "../../../../lib/gateways/web/page/unread.js";

Deno.test("in a new browser everything that is there counts as read", () => {
  const marks = openMarks(null, 40);
  assert(!isUnread(marks, "all", { row: 40, at: 1 }));
  assert(isUnread(marks, "all", { row: 41, at: 1 }));
});

Deno.test("in a new browser what comes after the page is unread, though it comes before the marks", () => {
  const marks = openMarks(null, 41, 40);
  assert(!isUnread(marks, "all", { row: 40, at: 1 }));
  assert(isUnread(marks, "all", { row: 41, at: 1 }));
  assertEquals(openMarks(null, 30, 40), { base: 30, of: {} });
});

Deno.test("marks are the same after they were kept", () => {
  const marks = withRead(openMarks(null, 40), "all", { row: 45, at: 100 });
  const again = openMarks(JSON.stringify(marks), 50);
  assertEquals(again, marks);
  assert(!isUnread(again, "all", { row: 45, at: 100 }));
  assert(isUnread(again, "all", { row: 46, at: 100 }));
  assert(
    isUnread(again, "a", { row: 41, at: 1 }),
    "what was read in one conversation is not read in another",
  );
});

Deno.test("a message without a row yet is told from those that were read by its time", () => {
  const marks = withRead(openMarks(null, 40), "all", { row: 41, at: 100 });
  assert(!isUnread(marks, "all", { at: 100 }));
  assert(isUnread(marks, "all", { at: 101 }));
});

Deno.test("reading again what was read changes nothing", () => {
  const marks = withRead(openMarks(null, 40), "all", { row: 45, at: 100 });
  assertStrictEquals(withRead(marks, "all", { row: 44, at: 90 }), marks);
});

Deno.test("marks of another history, or what somebody else wrote there, are not taken", () => {
  const marks = JSON.stringify(withRead(openMarks(null, 400), "all", { row: 450, at: 1 }));
  assertEquals(openMarks(marks, 3), { base: 3, of: {} });
  for (const kept of ["", "null", "[]", '{"base":"x","of":{}}', '{"base":1,"of":null}', "{"]) {
    assertEquals(openMarks(kept, 3), { base: 3, of: {} }, kept);
  }
  assertEquals(openMarks('{"base":1,"of":{"a":{"row":"x"},"b":null}}', 3), { base: 1, of: {} });
});

Deno.test("thousands of conversations have a bounded number of marks, and none that was read becomes unread", () => {
  let marks = openMarks(null, 0);
  for (let row = 1; row <= 1_000; row++) marks = withRead(marks, `peer ${row}`, { row, at: row });
  assert(Object.keys(marks.of).length <= 300);
  for (let row = 1; row <= 1_000; row++) assert(!isUnread(marks, `peer ${row}`, { row, at: row }));
});
