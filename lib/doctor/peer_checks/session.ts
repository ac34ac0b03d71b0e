import { type Check, explained, fault, pass } from "../finding.ts";
import { hadSession, isRefused, type PeerScene } from "../peer_scene.ts";

/** Looks whether a session with the peer can be had, and whether it takes what we send. */
export const session: Check<PeerScene> = {
  name: "session",
  title: "whether a session with it works, and whether it takes anything from us",
  async look({ peer: { id, name }, ownName, asked }, found) {
    const question = await asked;
    const { code, status, why = "nobody answered in time", took } = question;
    if (code === "blocked") {
      return fault(
        `You have blocked ${name}: nothing goes to it.`,
        "Lift that if you want to.",
        `earshot forget ${id}`,
      );
    }
    if (isRefused(question)) {
      const saw = `A session works, but ${name} takes nothing from you: ${why.replace(/\.$/, "")}.`;
      return code === "refused"
        ? fault(
          saw,
          "It has blocked you, or takes from known peers only. Have its user trust you there.",
          `earshot trust ${ownName}`,
        )
        : fault(saw, "Make room there, or wait if it is busy; run this command there.", "earshot doctor");
    }
    if (hadSession(question)) {
      const what = status === "delivered"
        ? `${name} took a question`
        : `a question and its answer took ${Math.round(took)} ms`;
      return pass(`A session works; ${what}.`);
    }
    const cause = await explained(found, "heard", "address");
    return cause ?? fault(
      `No session with ${name} works: ${why.replace(/\.$/, "")}.`,
      "See that the peer there is the one that you mean and not stuck; start it anew, and run this command there.",
      "earshot doctor",
    );
  },
};
