/** Exit codes: the reason why a command ends (see the command line reference). */
export const ExitCode = {
  done: 0,
  failed: 1,
  usage: 2,
  nobody: 3,
  refused: 4,
  unanswered: 5,
  interrupted: 130,
} as const;

/** One of the exit codes. */
export type ExitCode = typeof ExitCode[keyof typeof ExitCode];

/**
 * A problem to be shown to the user: one sentence that names the cause and the remedy. Any other exception is a fault
 * of the program.
 */
export class UserError extends Error {
  override readonly name = "UserError";

  /**
   * @param message one sentence: what is wrong, in which place, and what to do
   * @param exitCode exit code of the command
   */
  constructor(message: string, readonly exitCode: ExitCode = ExitCode.failed, options?: ErrorOptions) {
    super(message, options);
  }
}
