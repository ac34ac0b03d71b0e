import { bold, dim } from "@std/fmt/colors";
import { ulid } from "@std/ulid";
import type { DeliveryResult, PeerEvent, PeerInfo, PeerRef } from "../../peer/types.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { History } from "../../storage/history/history.ts";
import { Spool } from "../../storage/files/spool.ts";
import { findPresent } from "../messages/find_peer.ts";
import { CHAT_COMMANDS, type ChatLine, completeChatLine, parseChatLine } from "../chat/chat_line.ts";
import { type Command, expectArgs } from "../command.ts";
import { DeferredRemarks } from "../messages/deferred_remarks.ts";
import { readDocument } from "../messages/document.ts";
import { recalledText } from "../inbox/list.ts";
import { pipedPrinter, sayLines } from "../chat/piped_chat.ts";
import { findRecipients, isEveryone, named } from "../messages/recipients.ts";
import { interruptedText, resultText } from "../messages/results.ts";
import { ScreenNames } from "../terminal/screen_names.ts";
import type { Output } from "../terminal/output.ts";
import { PlainPrompt } from "../terminal/plain_prompt.ts";
import { Prompt, type PromptOptions } from "../terminal/prompt.ts";
import { Tty } from "../terminal/tty.ts";
import { table } from "../terminal/table.ts";
import { eventText, NOBODY, oneLine, peerText, quoted } from "../terminal/text.ts";
import { aborted, within } from "../waiting.ts";
import { CLOSING_MAX, type FullPeer, startFullPeer } from "../profile/with_peer.ts";

/** After so long alone the user is told what may be wrong, milliseconds. */
const ALONE = 4_000;

/** Lines of former chat that are shown, and how old they may be, milliseconds. */
const RECALLED = 10;
const RECALLED_MS = 86_400_000;

/** How long to wait for a peer that is named in the chat, milliseconds. */
const NAMED_TIMEOUT = 1_000;

/** `earshot`: chat here. */
export const chat: Command = {
  name: "",
  usage: "",
  summary: "chat here: peers appear, a typed line goes to everyone",
  details:
    "Where standard input is no terminal each of its lines is said, and the peer stays up after its end.\n" +
    "Ctrl-C, Ctrl-D, /quit or SIGTERM ends it, with exit code 0.",
  options: [],
  async run(context) {
    expectArgs(context, 0);
    const full = await startFullPeer(context);
    const ended = Promise.race([aborted(context.interrupted), aborted(context.out.closed)]);
    const interactive = Deno.stdin.isTerminal() && context.out.isTerminal && !context.config.json;
    if (interactive) await new Conversation(full, context.config.state, context.out).run(ended);
    else {
      full.peer.on(pipedPrinter(context, full.peer.known()));
      void sayLines(context, full.service, Deno.stdin.readable);
      await ended;
    }
    await within(full.close(), CLOSING_MAX);
    return ExitCode.done;
  },
};

/** The chat of a person at a terminal. */
class Conversation {
  readonly #full: FullPeer;
  #prompt: Pick<Prompt, "print" | "close"> | undefined;

  readonly #state: string;
  readonly #names = new ScreenNames();
  /** With whom messages were exchanged before this start. */
  #remembered: readonly PeerRef[] = [];
  /** Whether the user has ended it. */
  #left = false;

  /** @param state folder of the history */
  constructor(full: FullPeer, state: string, private readonly out: Output) {
    this.#full = full;
    this.#state = state;
  }

  /** Lasts until the user leaves. */
  async run(ended: Promise<void>): Promise<void> {
    const { peer } = this.#full;
    for (const one of [peer, ...peer.known()]) this.#names.see(one);
    const left = Promise.withResolvers<void>();
    const options: PromptOptions = {
      prompt: "> ",
      line: ({ text, pasted }) => {
        const wish = parseChatLine(text, this.#present(), this.#others(), pasted);
        if (wish.kind === "quit") left.resolve();
        else this.#do(wish).catch((error) => this.#fail(error));
      },
      complete: (line) => completeChatLine(line, this.#present()),
      ended: () => left.resolve(),
    };
    const { out } = this;
    const prompt = this.#prompt = out.draws
      ? new Prompt(out, new Tty((text) => out.raw(text), () => out.flush()), options)
      : new PlainPrompt(out, options, Deno.stdin.readable);
    const closed = peer.group.sessionKey !== undefined;
    prompt.print(
      `You are ${peerText(peer)} in the ${closed ? "closed" : "open"} group ${bold(peer.group.name)}. ` +
        "What you type goes to everyone; /help tells more.",
    );
    this.#recall();
    const alone = setTimeout(() => {
      if (this.#up().length === 0) prompt.print(dim(NOBODY));
    }, ALONE);
    peer.on((event) => this.#show(event));
    await Promise.race([ended, left.promise]);
    this.#left = true;
    clearTimeout(alone);
    prompt.close();
  }

  /** What was said lately, here and there. */
  #recall(): void {
    const { peer } = this.#full;
    using history = History.open(this.#state, peer.inbox);
    this.#remembered = history?.peers() ?? [];
    const said = history?.chats(Date.now() - RECALLED_MS, RECALLED) ?? [];
    if (said.length === 0) return;
    for (const message of said) this.#names.see(message.peer);
    const { text } = this.#names;
    this.#prompt!.print(said.map((message) => dim(recalledText(message, peer.name, text))).join("\n"));
  }

  #show(event: PeerEvent): void {
    this.#names.seeIn(event);
    // What becomes of an own message is said where it was sent.
    if (event.event === "ready" || event.event === "delivered" || event.event === "refused") return;
    this.#prompt!.print(eventText(event, this.#names.text));
  }

  async #do(wish: ChatLine): Promise<void> {
    const { service } = this.#full;
    switch (wish.kind) {
      case "say": {
        const results = await service.say(wish.text, { id: ulid() });
        if (results.length === 0) this.#prompt!.print(dim("Nobody is here to hear that."));
        return this.#tell(quoted(wish.text), results.filter((result) => result.status !== "delivered"));
      }
      case "msg": {
        const peer = isEveryone(wish.target) ? undefined : await this.#find(wish.target);
        const said = await service.say(wish.text, { to: peer && [peer.id], id: ulid() });
        const results = peer ? named({ peers: [peer] }, said) : said;
        return this.#tell(quoted(wish.text), results.filter((result) => result.status !== "delivered"));
      }
      case "send": {
        const targets = wish.target === undefined ? undefined : [wish.target];
        const recipients = await findRecipients(service, targets, NAMED_TIMEOUT, false, this.#remember);
        const spool = new Spool(this.#full.peer.state);
        const { name, content, remarks } = await readDocument(wish.file, (pieces) => spool.add(pieces));
        for (const text of remarks) this.#prompt!.print(dim(text));
        const what = oneLine(name);
        const deferred = new DeferredRemarks((text) => this.#prompt!.print(dim(text)), this.#names.text);
        const options = { name, id: ulid(), deferred: deferred.about(what, "spool" in content) };
        const to = recipients.peers.map((peer) => peer.id);
        return this.#tell(what, named(recipients, await service.send(content, { to, ...options })));
      }
      case "peers":
        return this.#listPeers();
      case "help":
        return this.#prompt!.print(
          table(CHAT_COMMANDS.map(([name, usage, what]) => [`${name} ${usage}`, what])).join("\n"),
        );
      case "wrong":
        return this.#prompt!.print(wish.why);
    }
  }

  #tell(what: string, results: readonly DeliveryResult[]): void {
    const text = this.#left ? interruptedText : resultText;
    for (const result of results) this.#prompt!.print(dim(text(what, result, this.#names.text)));
  }

  #listPeers(): void {
    const rows = this.#up().map(({ name, id, kind, address, state }) => [
      oneLine(name),
      id,
      oneLine(kind),
      address,
      state === "up" ? "" : state,
    ]);
    this.#prompt!.print(rows.length === 0 ? dim(NOBODY) : table(rows).join("\n"));
  }

  #up(): PeerInfo[] {
    return this.#full.peer.peers().filter((peer) => peer.state !== "gone");
  }

  /** The peer that is there and meant. */
  async #find(target: string): Promise<PeerRef> {
    return (await findPresent(this.#full.service, target, NAMED_TIMEOUT, this.#remember)).peer;
  }

  #present(): string[] {
    return [...new Set(this.#up().map((peer) => peer.name))];
  }

  #others(): PeerRef[] {
    const { peer } = this.#full;
    return [...peer.peers(), ...peer.known(), ...this.#remembered];
  }

  readonly #remember = () => Promise.resolve(this.#remembered);

  #fail(error: unknown): void {
    if (!(error instanceof UserError)) throw error;
    this.#prompt!.print(error.message);
  }
}
