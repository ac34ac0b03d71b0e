import { isEveryone } from "../../protocol/label.ts";
import { ulid } from "../../platform/std_ulid.ts";
import { isPlainName } from "../../peer/plain_sender.ts";
import type { AskResult, DeliveryResult, PeerEvent, PeerInfo, PeerRef } from "../../peer/types.ts";
import { UserError } from "../../platform/user_error.ts";
import { Spool } from "../../storage/files/spool.ts";
import { History, type HistoryMessage, peerFilter } from "../../storage/history/history.ts";
import { messageCells } from "../inbox/list.ts";
import { DeferredRemarks } from "../messages/deferred_remarks.ts";
import { answerText, isAnswered, unansweredText } from "../messages/answers.ts";
import { decide } from "../messages/decide.ts";
import { readDocument, toJson } from "../messages/document.ts";
import { findRecipients, type Recipients } from "../messages/recipients.ts";
import { isDone, resultText } from "../messages/results.ts";
import type { FullPeer } from "../profile/with_peer.ts";
import { table } from "../terminal/columns.ts";
import type { Output } from "../terminal/output.ts";
import { PlainPrompt } from "../terminal/plain_prompt.ts";
import { Prompt, type PromptOptions } from "../terminal/prompt.ts";
import { ScreenNames } from "../terminal/screen_names.ts";
import {
  indented,
  type NameText,
  NOBODY,
  oneLine,
  peerText,
  placeText,
  quoted,
  timeText,
  UNPROVEN,
} from "../terminal/text.ts";
import { theme } from "../terminal/theme.ts";
import { Tty } from "../terminal/tty.ts";
import { CHAT_COMMANDS, type ChatLine, completeChatLine, parseChatLine } from "./chat_line.ts";
import { ChatScreen } from "./chat_screen.ts";
import { LineHistory } from "./line_history.ts";
import { listFiles } from "./list_files.ts";

/** Time without peers after which the user is told what may be wrong, milliseconds. */
const ALONE = 4_000;

/** Most lines of former chat that are shown, and their greatest age, milliseconds. */
const RECALLED = 10;
const RECALLED_MS = 86_400_000;

/** Most messages that `/inbox` lists. */
const LISTED = 10;

/** Messages that `/inbox` looks at without a pause. */
const LOOKED_AT_ONCE = 500;

/** How long to wait for a peer that is named in the chat, milliseconds. */
const NAMED_TIMEOUT = 1_000;

/** The chat of a user at a terminal. */
export class Conversation {
  readonly #full: FullPeer;
  readonly #out: Output;
  readonly #times: boolean;
  #screen!: ChatScreen;
  readonly #names = new ScreenNames();
  /** Peers in the history at the start. */
  #remembered: readonly PeerRef[] = [];
  /** Ids of the questions that wait for their answers. */
  readonly #asking = new Set<string>();
  /** True once the user has ended it. */
  #left = false;

  /** @param times true to begin lines with their times */
  constructor(full: FullPeer, out: Output, times = false) {
    this.#times = times;
    this.#full = full;
    this.#out = out;
  }

  /** Runs until the user leaves. */
  async run(ended: Promise<void>): Promise<void> {
    const { peer } = this.#full;
    for (const one of [peer, ...peer.known()]) this.#names.see(one);
    const left = Promise.withResolvers<void>();
    const history = new LineHistory(peer.state);
    const options: PromptOptions = {
      prompt: "> ",
      line: (line) => {
        const { text, pasted } = line;
        history.add(line);
        const wish = parseChatLine(text, this.#present(), this.#others(), pasted);
        if (wish.kind === "quit") left.resolve();
        else this.#do(wish).catch((error) => this.#fail(error));
      },
      complete: (line) => completeChatLine(line, this.#present(), listFiles),
      history: history.lines,
      ended: () => left.resolve(),
    };
    const out = this.#out;
    const tty = new Tty((text) => out.raw(text), () => out.flush());
    const prompt = out.draws
      ? new Prompt(out, tty, options)
      : new PlainPrompt(out, options, Deno.stdin.readable);
    const screen = this.#screen = new ChatScreen({
      prompt,
      names: this.#names,
      columns: () => tty.columns,
      times: this.#times,
    });
    const closed = peer.group.sessionKey !== undefined;
    screen.print(
      `You are ${peerText(peer)} in the ${closed ? "closed" : "open"} group ${
        theme.strong(peer.group.name)
      }. ` +
        "What you type goes to everyone; /help tells more.",
    );
    this.#recall();
    const alone = setTimeout(() => {
      if (this.#up().length === 0) screen.print(theme.faint(NOBODY));
    }, ALONE);
    const stopShowing = peer.on((event) => this.#show(event));
    await Promise.race([ended, left.promise]);
    this.#left = true;
    clearTimeout(alone);
    stopShowing();
    screen.close();
    prompt.close();
  }

  /** Shows the latest chats, received and sent. */
  #recall(): void {
    const { peer } = this.#full;
    using history = History.open(peer.state, peer.inbox);
    this.#remembered = history?.peers() ?? [];
    const said = history?.chats(Date.now() - RECALLED_MS, RECALLED) ?? [];
    if (said.length === 0) return;
    for (const message of said) this.#names.see(message.peer);
    const { text } = this.#names;
    this.#screen.print(said.map((message) => theme.faint(recalledText(message, peer.name, text))).join("\n"));
  }

  #show(event: PeerEvent): void {
    this.#names.seeIn(event);
    // The outcome of our own messages is reported by the line that sent them.
    if (["ready", "delivered", "refused"].includes(event.event)) return;
    if (event.event === "document" && event.re !== undefined && this.#asking.has(event.re)) return;
    this.#screen.show(event);
  }

  async #do(wish: ChatLine): Promise<void> {
    switch (wish.kind) {
      case "say":
        return await this.#say(wish.text);
      case "msg":
        return await this.#say(wish.text, wish.target);
      case "ask":
        return await this.#ask(wish.text, wish.target);
      case "send":
        return await this.#send(wish.file, wish.target);
      case "peers":
        return this.#listPeers();
      case "clear":
        return this.#screen.clear();
      case "inbox":
        return await this.#listInbox(wish.from);
      case "trust":
      case "block":
        return await this.#decide(wish.kind, wish.target);
      case "help":
        return this.#screen.print(
          table(CHAT_COMMANDS.map(([name, usage, what]) => [`${name} ${usage}`, what])).join("\n"),
        );
      case "wrong":
        return this.#screen.failed(wish.why);
    }
  }

  async #say(text: string, target?: string): Promise<void> {
    const isToAll = target === undefined || isEveryone(target);
    const recipients = isToAll ? undefined : await this.#find(target);
    const id = ulid();
    const said = await this.#full.service.say(text, { to: recipients?.ids, id });
    if (said.length === 0 && target === undefined) {
      this.#screen.print(theme.faint("Nobody is here to hear that."));
    }
    const results = recipients?.results(said, id) ?? said;
    this.#tell(quoted(text), results.filter((result) => result.status !== "delivered"));
  }

  async #ask(text: string, target: string): Promise<void> {
    const question = new TextDecoder().decode(toJson("The question", new TextEncoder().encode(text)));
    const recipients = await this.#find(target);
    const id = ulid();
    this.#asking.add(id);
    const nameText = this.#names.text;
    const tell = (result: AskResult) => {
      if (isAnswered(result)) {
        this.#screen.print(
          `${theme.name(result.to.id, nameText(result.to))}: ${indented(answerText(result))}`,
        );
      } else this.#screen.failed(unansweredText(result, this.#left, nameText));
    };
    try {
      await Promise.all(recipients.ids.map(async (to) => {
        for (const result of await this.#full.service.ask(question, { to: [to], id })) tell(result);
      }));
    } finally {
      this.#asking.delete(id);
    }
  }

  async #send(file: string, target: string | undefined): Promise<void> {
    const { service, peer } = this.#full;
    const recipients = await this.#find(target);
    const spool = new Spool(peer.state);
    const { name, content, remarks } = await readDocument(file, (pieces) => spool.add(pieces));
    for (const text of remarks) this.#screen.print(theme.faint(text));
    const what = oneLine(name);
    const id = ulid();
    const deferred = new DeferredRemarks((text) => this.#screen.print(theme.faint(text)), this.#names.text)
      .about(what, "spool" in content);
    const sent = await service.send(content, { to: recipients.ids, name, id, deferred });
    this.#tell(what, recipients.results(sent, id));
  }

  #tell(what: string, results: readonly DeliveryResult[]): void {
    for (const result of results) {
      const text = resultText(what, result, this.#left, this.#names.text);
      if (isDone(result)) this.#screen.print(theme.faint(text));
      else this.#screen.failed(text);
    }
  }

  #listPeers(): void {
    const rows = this.#up().map((peer) => [
      theme.name(peer.id, oneLine(peer.name)),
      peer.id,
      oneLine(peer.kind),
      placeText(peer),
      peer.state === "up" ? "" : peer.state,
    ]);
    this.#screen.print(rows.length === 0 ? theme.faint(NOBODY) : table(rows).join("\n"));
  }

  /** Lists what came in lately, the newest last. */
  async #listInbox(from: string | undefined): Promise<void> {
    const { state, inbox } = this.#full.peer;
    using history = History.open(state, inbox);
    const isMeant = from === undefined ? () => true : peerFilter(from);
    const latest: HistoryMessage[] = [];
    let looked = 0;
    for (const message of history?.received() ?? []) {
      if (isMeant(message.peer) && latest.push(message) === LISTED) break;
      // Of a million messages none may be from that peer: sessions go on meanwhile.
      if (++looked % LOOKED_AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve));
      if (this.#left) return;
    }
    for (const { peer } of latest) this.#names.see(peer);
    const rows = latest.reverse().map((message) => messageCells(message, inbox, this.#names.text));
    this.#screen.print(table(rows).join("\n") || theme.faint("Nothing came in yet."));
  }

  async #decide(what: "trust" | "block", target: string): Promise<void> {
    // Whoever is to be blocked may have come and gone since the start.
    const remembered = () => {
      const { state, inbox } = this.#full.peer;
      using history = History.open(state, inbox);
      return Promise.resolve(history?.peers() ?? []);
    };
    const { name, id } = await decide(this.#full.service, what, target, remembered);
    this.#screen.print(`${what === "trust" ? "Trusted" : "Blocked"}: ${oneLine(name)} (${id}).`);
  }

  #up(): PeerInfo[] {
    return this.#full.peer.peers().filter((peer) => peer.state !== "gone");
  }

  /** Finds the peer meant, among those that are up; without a target the only one. */
  #find(target: string | undefined): Promise<Recipients> {
    const remembered = () => Promise.resolve(this.#remembered);
    const targets = target === undefined ? undefined : [target];
    return findRecipients(this.#full.service, targets, NAMED_TIMEOUT, false, remembered);
  }

  #present(): string[] {
    return [...new Set(this.#up().map((peer) => peer.name))];
  }

  #others(): PeerRef[] {
    const { peer } = this.#full;
    return [...peer.peers(), ...peer.known(), ...this.#remembered];
  }

  #fail(error: unknown): void {
    if (!(error instanceof UserError)) throw error;
    this.#screen.failed(error.message);
  }
}

/** Formats a line of former chat, with its time. @param self our own name */
function recalledText(
  { direction, peer, to, text = "", at }: HistoryMessage,
  self: string,
  nameText: NameText,
): string {
  const other = isPlainName(peer.id) ? `${oneLine(peer.name)} ${UNPROVEN}` : nameText(peer);
  const [from, whom] = direction === "received" ? [other, "you"] : [oneLine(self), other];
  return `${timeText(at)} ${from}${to === "you" ? ` to ${whom}` : ""}: ${indented(text)}`;
}
