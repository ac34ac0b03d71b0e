/** Why a command ends, as its exit code (see the command line reference). */
export const ExitCode = {
  done: 0,
  failed: 1,
  usage: 2,
  nobody: 3,
  refused: 4,
  interrupted: 130,
} as const;

/** One of the exit codes. */
export type ExitCode = typeof ExitCode[keyof typeof ExitCode];

/**
 * A problem whose message is meant for the person in front of the screen: one sentence that names the cause and the way
 * out. Everything else that is thrown is a fault of the program.
 */
export class UserError extends Error {
  override readonly name = "UserError";

  /**
   * @param message one sentence: what is wrong, where, and what to do
   * @param exitCode with which the command ends
   */
  constructor(message: string, readonly exitCode: ExitCode = ExitCode.failed, options?: ErrorOptions) {
    super(message, options);
  }
}
