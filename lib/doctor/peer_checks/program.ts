import { isVirtual } from "../system/kinds.ts";
import { type Check, explained, pass, unknown, warning } from "../finding.ts";
import { periodText } from "../../platform/periods.ts";
import { type PeerScene, wordOf } from "../peer_scene.ts";

/** Looks what the peer tells of its program. */
export const program: Check<PeerScene> = {
  name: "program",
  title: "its version, and the interfaces that it uses",
  async look({ peer: { name }, version, asked }, found) {
    const { status, why, info } = await asked;
    if (info) {
      const uptime = typeof info.uptime === "number" ? `, up for ${periodText(info.uptime * 1000)}` : "";
      const interfaces = (Array.isArray(info.interfaces) ? info.interfaces : [])
        .slice(0, 16).flatMap((each) => wordOf(each) ?? []);
      const uses = interfaces.length > 0 ? ` It uses ${interfaces.join(", ")}.` : "";
      const saw = `${name} runs ${wordOf(info.version) ?? "a version that it does not tell"} on ${
        wordOf(info.kind) ?? "a system that it does not tell"
      }${uptime}; this is ${version}.${uses}`;
      if (interfaces.length > 0 && interfaces.every((each) => isVirtual(each))) {
        return warning(
          `${saw} None of these leads to other machines.`,
          "Run this command there: it may be in a container, or without a network.",
          "earshot doctor",
        );
      }
      return pass(saw);
    }
    switch (status) {
      case "cannot":
        return unknown(
          `The program of ${name} is older and answers no questions, so its own findings are not known.`,
          "Install this release there.",
        );
      case "delivered":
        return unknown(`${name} took the question, but what answers there did not do so in time.`);
      case "failed":
      case "no-answer":
        return unknown(
          `What answers questions there does not know {"cmd":"info"}${why === undefined ? "" : `: ${why}`}.`,
        );
      default:
        return await explained(found, "heard", "address", "session") ??
          unknown(`${name} did not answer ${why === undefined ? "" : `(${why})`}.`);
    }
  },
};
