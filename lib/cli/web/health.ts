import { diagnose, readTools } from "../../doctor/doctor.ts";
import type { Finding } from "../../doctor/finding.ts";
import type { Context } from "../command.ts";
import { allKnown, knownPlaces } from "../profile/known_places.ts";

/**
 * Reads what the system's tools tell, which needs `--allow-run`, and returns the doctor, who may then be called without
 * it at any time.
 */
export async function prepareDoctor(context: Context): Promise<() => Promise<Finding[]>> {
  const { config } = context;
  const { profile, group } = await knownPlaces(context);
  const system = await readTools({ profile, group, interfaces: config.interface });
  return async () => {
    const known = await knownPlaces(context);
    const examined = {
      profile: { ...known.profile, roster: await allKnown(known, config.state) },
      group: config.given.group ?? known.group,
      interfaces: config.interface,
    };
    return await diagnose(examined, system, () => {});
  };
}
