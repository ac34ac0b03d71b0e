import { assertEquals } from "@std/assert";
import { SocketProblems } from "../../../lib/net/socket_problems.ts";

Deno.test("a cause is told in one line with all its places, in words, and once for each place", () => {
  const told: string[] = [];
  const problems = new SocketProblems((code, message) => told.push(`${code}: ${message}`));
  const inUse = Object.assign(new Error("bind EADDRINUSE 10.0.0.1"), { code: "EADDRINUSE" });
  for (let scan = 0; scan < 3; scan++) {
    for (const place of ["239.255.83.72", "10.0.0.1", "fe80::1%eth0"]) {
      problems.add("udp-port", "UDP port 3333 cannot be opened on %", place, inUse);
    }
    problems.add("interfaces", "The interfaces cannot be listed", "", new Error("odd"));
    problems.flush();
  }
  problems.add("udp-port", "UDP port 3333 cannot be opened on %", "10.0.0.9", inUse);
  problems.flush();
  assertEquals(told, [
    "udp-port: UDP port 3333 cannot be opened on 239.255.83.72, 10.0.0.1, fe80::1%eth0: " +
    "another program has it: end that one.",
    "interfaces: The interfaces cannot be listed: odd.",
    "udp-port: UDP port 3333 cannot be opened on 10.0.0.9: another program has it: end that one.",
  ]);
});
