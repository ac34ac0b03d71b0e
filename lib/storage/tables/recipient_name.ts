import { ID_PREFIX_MIN } from "../../protocol/limits.ts";

/** SQL for the name of a peer of which only the id is known: its beginning. @param id SQL for its id */
export const bareName = (id: string) => `substr(${id}, 1, ${ID_PREFIX_MIN})`;

/** SQL for the last name under which something was sent to a peer; null if there is none. @param id SQL for its id */
const sentName = (id: string) =>
  `(SELECT recipient_name FROM sent s WHERE s.recipient = ${id} AND s.recipient_name <> ${bareName(id)}
    ORDER BY s.id DESC LIMIT 1)`;

/** SQL for the name of a peer as the history has it; null if it has none. @param id SQL for its id */
export const lastName = (id: string) =>
  `coalesce(${
    sentName(id)
  }, (SELECT sender_name FROM message r WHERE r.sender = ${id} ORDER BY r.id DESC LIMIT 1))`;

/** SQL for the name by which the user knows the recipient of a waiting message `m`. */
export const WAITING_NAME = `coalesce((SELECT name FROM known k WHERE k.id = m.recipient),
  nullif(nullif(m.recipient_name, m.recipient), ${bareName("m.recipient")}), ${lastName("m.recipient")},
  ${bareName("m.recipient")})`;
