import { ExitCode, UserError } from "../../platform/user_error.ts";

/** A place in the history: for each table, the rows below are older, the others newer. */
export interface Place {
  readonly received: number;
  readonly sent: number;
  readonly waiting: number;
}

/** Returns a place as text. */
export function placeText({ received, sent, waiting }: Place): string {
  return `${received}.${sent}.${waiting}`;
}

/**
 * Reads the text of a place: rows of the messages received, sent and waiting, with dots between them; missing ones are 0.
 *
 * @throws {UserError} it is none (exit 2)
 */
export function parsePlace(text: string): Place {
  const [received = 0, sent = 0, waiting = 0, ...more] = text.split(".").map((part) =>
    /^\d{1,16}$/.test(part) ? Number(part) : NaN
  );
  const rows = [received, sent, waiting];
  if (more.length > 0 || !rows.every(Number.isSafeInteger)) {
    throw new UserError(
      `A place in the history is rows with dots between them, not "${text}".`,
      ExitCode.usage,
    );
  }
  return { received, sent, waiting };
}
