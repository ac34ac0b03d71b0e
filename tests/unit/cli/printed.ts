import { Output } from "../../../lib/cli/terminal/output.ts";

/** Keeps what a command prints. */
export class Printed {
  #text = "";
  readonly output = new Output({
    isTerminal: () => false,
    write: (data) => {
      this.#text += new TextDecoder().decode(data);
      return Promise.resolve(data.length);
    },
  });

  /** All that was printed up to now. */
  async text(): Promise<string> {
    await this.output.flush();
    return this.#text;
  }
}
