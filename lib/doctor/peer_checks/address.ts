import { withZone } from "../../net/addresses.ts";
import { MEANS } from "../dialling.ts";
import { type Check, explained, fault, pass, unknown, warning } from "../finding.ts";
import { distinct, heardOf, type PeerScene, socketsOf } from "../peer_scene.ts";
import { addressText } from "../../peer/directory.ts";

/** Most addresses that are tried. */
const PLACES_MAX = 8;
/** Most sockets that are asked alone. */
const SOCKETS_MAX = 16;

/** Looks whether the addresses of the peer answer, over TCP and UDP. */
export const address: Check<PeerScene> = {
  name: "address",
  title: "whether its addresses answer: TCP connections, and UDP that is sent to it alone",
  async look(scene, found) {
    const { peer: { name }, listening, dial } = scene;
    for (const place of scene.places) void dial(place);
    const all = await heardOf(scene);
    const sources = all.map(({ from: { host }, link, announcement }) => ({
      host: link ? withZone(host, link.interface) : host,
      port: announcement!.port,
    }));
    const places = distinct([...sources, ...scene.places])
      .slice(0, PLACES_MAX);
    if (places.length === 0) {
      return await explained(found, "heard") ?? unknown("No address of it is known.");
    }
    const [dialled, isAnswered] = await Promise.all([
      Promise.all(places.map(async (place) => ({ place, answer: await dial(place) }))),
      listening.answersAlone(socketsOf(all).slice(0, SOCKETS_MAX)),
    ]);
    const open = dialled.filter(({ answer }) => answer === "open");
    const list = (of: typeof dialled) =>
      of.map(({ place, answer }) => `TCP ${addressText(place)} ${MEANS[answer]}`).join("; ");
    if (open.length === 0) {
      if (sources.length === 0) {
        // Nobody is there, which is told already.
        return await explained(found, "heard") ?? fault(`${list(dialled)}.`, FIX, "earshot doctor");
      }
      return fault(`${name} is heard, but ${list(dialled)}.`, FIX, "earshot doctor");
    }
    if (sources.length > 0 && !isAnswered) {
      return warning(
        `${list(open)}. What is sent to it alone over UDP is not answered.`,
        "Let in UDP 3333 on that machine, and run this command there.",
        "earshot doctor",
      );
    }
    return pass(`${list(open)}${sources.length > 0 ? "; so does UDP that is sent to it alone" : ""}.`);
  },
};

const FIX = "On that machine, let in TCP 3333 to 3349 and UDP 3333, and run this command there.";
