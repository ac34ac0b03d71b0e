import { suggest } from "../../config/suggest.ts";
import { isIdBeginning } from "../../identity/naming.ts";
import type { PeerRef } from "../../peer/types.ts";
import { foldLabel, isEveryone } from "../../protocol/label.ts";

/** The meaning of a line typed into the chat. */
export type ChatLine =
  | { readonly kind: "nothing" }
  | { readonly kind: "say"; readonly text: string }
  | { readonly kind: "peers" }
  | { readonly kind: "msg"; readonly target: string; readonly text: string }
  | { readonly kind: "ask"; readonly target: string; readonly text: string }
  | { readonly kind: "send"; readonly file: string; readonly target: string | undefined }
  | { readonly kind: "inbox"; readonly from: string | undefined }
  | { readonly kind: "trust" | "block"; readonly target: string }
  | { readonly kind: "clear" }
  | { readonly kind: "help" }
  | { readonly kind: "quit" }
  | { readonly kind: "wrong"; readonly why: string };

/** The commands of the chat, with their arguments and a description. */
export const CHAT_COMMANDS: readonly (readonly [name: string, usage: string, summary: string])[] = [
  ["/peers", "", "who is here"],
  ["/msg", "NAME TEXT", "say something to one peer only"],
  ["/ask", "NAME JSON", "ask one peer a question, and show its answer"],
  ["/send", "FILE NAME", "hand over a JSON document"],
  ["/inbox", "[NAME]", "what came in lately"],
  ["/trust", "NAME", "from now on this name belongs to this peer"],
  ["/block", "NAME", "refuse everything from a peer"],
  ["/clear", "", "clear the screen"],
  ["/help", "", "this list"],
  ["/quit", "", "leave"],
];

/** Longest text that can be a name, code units: 32 characters, decomposed. */
const NAME_MAX = 256;

/** A name in quotes at the beginning or end; `\\"` and `\\\\` are a quote and a backslash in it. */
const QUOTED_FIRST = /^"((?:[^"\\]|\\[^])*)"(?:\s+([^]*))?$/;
const QUOTED_LAST = /^([^]*\S)\s+"((?:[^"\\]|\\[^])*)"$/;

/** The peers that a line of the chat may mean. */
class Named {
  /** Names as written by their peers, by their folded form. */
  readonly #names = new Map<string, string>();
  readonly #ids: readonly string[];

  constructor(names: readonly string[], others: readonly PeerRef[]) {
    for (const name of [...others.map(({ name }) => name), ...names]) this.#names.set(foldLabel(name), name);
    this.#ids = others.map(({ id }) => id);
  }

  /** Returns the texts that mean a peer, each with its name or id. */
  among(texts: readonly string[]): { readonly text: string; readonly target: string }[] {
    return texts.filter((text) => text.length <= NAME_MAX).flatMap((text) => {
      const folded = foldLabel(text);
      const isId = isIdBeginning(folded) && this.#ids.some((id) => id.startsWith(folded));
      const target = this.#names.get(folded) ?? (isId || isEveryone(text) ? text : undefined);
      return target === undefined ? [] : [{ text, target }];
    });
  }
}

/**
 * Parses a line of the chat. A line that begins with `//` is sent with one slash. Names may contain spaces, and may be
 * quoted. An ambiguous line is asked about, not guessed, because a peer may have any name. A pasted line is sent as
 * text, unless it addresses one peer and so is not meant for the others.
 *
 * @param names of the peers that are up
 * @param others who may be meant as well: peers that have left, or from the history
 */
export function parseChatLine(
  line: string,
  names: readonly string[],
  others: readonly PeerRef[] = [],
  pasted = false,
): ChatLine {
  const text = line.trim();
  if (text === "") return { kind: "nothing" };
  if (pasted && !/^\/(?:msg|ask|send)\s/.test(text)) return { kind: "say", text: line };
  if (!text.startsWith("/")) return { kind: "say", text: line };
  if (text.startsWith("//")) return { kind: "say", text: text.slice(1) };
  const [, command, rest = ""] = /^(\S+)\s*([^]*)$/.exec(text)!;
  switch (command) {
    case "/peers":
      return { kind: "peers" };
    case "/clear":
      return { kind: "clear" };
    case "/inbox":
      return { kind: "inbox", from: rest === "" ? undefined : wholeName(rest) };
    case "/trust":
    case "/block": {
      const kind = command === "/trust" ? "trust" : "block";
      return rest === ""
        ? { kind: "wrong", why: `usage: ${command} NAME` }
        : { kind, target: wholeName(rest) };
    }
    case "/help":
      return { kind: "help" };
    case "/quit":
      return { kind: "quit" };
    case "/msg":
      return parseMessage("msg", rest, new Named(names, others));
    case "/ask":
      return parseMessage("ask", rest, new Named(names, others));
    case "/send":
      return parseSend(rest, new Named(names, others));
  }
  const hint = suggest(command!, CHAT_COMMANDS.map(([name]) => name));
  return {
    kind: "wrong",
    why: `unknown command ${command}${hint ? ` (did you mean ${hint}?)` : ""}; /help lists the commands.`,
  };
}

/**
 * Completes the end of `line`: commands of the chat, names after a command that takes a peer, files after `/send`.
 *
 * @param files returns the paths that continue one
 */
export function completeChatLine(
  line: string,
  names: readonly string[],
  files: (begun: string) => readonly string[] = () => [],
): [completions: string[], end: string] {
  const file = /^\/send\s+("[^"]*|[^\s"]\S*|)$/.exec(line)?.[1];
  if (file !== undefined) {
    const paths = files(file.replace(/^"/, ""));
    return [paths.flatMap((path) => fileWord(path, file.startsWith('"'))), file];
  }
  const one = /^\/(?:inbox|trust|block)\s+([^]*)$/.exec(line);
  const message = /^\/(?:msg|ask)\s+([^]*)$/.exec(line);
  const send = /^\/send\s+(?:"[^"]*"|\S+)\s+([^]*)$/.exec(line);
  const end = message?.[1] ?? send?.[1] ?? one?.[1];
  if (end !== undefined) {
    const after = message === null ? "" : " ";
    const begun = foldLabel(end.replace(/^"/, ""));
    const fitting = names.filter((name) => foldLabel(name).startsWith(begun));
    return [fitting.map((name) => nameWord(name) + after), end];
  }
  if (!/^\/\S*$/.test(line)) return [[], line];
  const commands = CHAT_COMMANDS.map(([name, usage]) => /^(?:\[|$)/.test(usage) ? name : `${name} `);
  return [commands.filter((command) => command.startsWith(line)), line];
}

function parseMessage(kind: "msg" | "ask", rest: string, named: Named): ChatLine {
  const usage = (name: string) => `/${kind} ${name} ${kind === "msg" ? "TEXT" : "JSON"}`;
  const wrong: ChatLine = { kind: "wrong", why: `usage: ${usage("NAME")}` };
  if (rest.startsWith('"')) {
    const [, name = "", text = ""] = QUOTED_FIRST.exec(rest) ?? [];
    return name === "" || text === "" ? wrong : { kind, target: unquoted(name), text };
  }
  const readings = [...rest.matchAll(/\s+/g)].map(({ index }) => rest.slice(0, index));
  const meant = named.among(readings);
  if (meant.length > 1) return unclear(meant, usage);
  const [text] = readings;
  const [reading = text === undefined ? undefined : { text, target: text }] = meant;
  return reading ? { kind, target: reading.target, text: rest.slice(reading.text.length).trim() } : wrong;
}

function parseSend(rest: string, named: Named): ChatLine {
  const wrong: ChatLine = { kind: "wrong", why: "usage: /send FILE NAME" };
  const quotedFile = /^"([^"]+)"\s*([^]*)$/.exec(rest);
  if (quotedFile !== null) {
    const [, file, after] = quotedFile;
    const quotedName = QUOTED_FIRST.exec(after!);
    if (quotedName?.[2]) return wrong;
    return { kind: "send", file: file!, target: quotedName ? unquoted(quotedName[1]!) : after || undefined };
  }
  const quotedName = QUOTED_LAST.exec(rest);
  if (quotedName !== null) return { kind: "send", file: quotedName[1]!, target: unquoted(quotedName[2]!) };
  if (rest === "") return wrong;
  const readings = [...rest.matchAll(/\s+/g)].map(({ 0: space, index }) => rest.slice(index + space.length));
  const meant = named.among(readings);
  if (meant.length > 1) return unclear(meant, (name) => `/send FILE ${name}`);
  const text = meant[0]?.text ?? readings.at(-1) ?? "";
  const target = meant[0]?.target ?? (text || undefined);
  return { kind: "send", file: rest.slice(0, rest.length - text.length).trim(), target };
}

/** Asks which of several readings is meant. */
function unclear(
  readings: readonly { readonly target: string }[],
  example: (name: string) => string,
): ChatLine {
  const names = readings.map(({ target }) => quote(target));
  return {
    kind: "wrong",
    why: `Nothing was sent: that may be for ${names.join(" or ")}. Put the name in quotes, as in ${
      example(names[0]!)
    }`,
  };
}

/** Formats a name as typed: in quotes unless it is one word. */
function nameWord(name: string): string {
  return /[\s"]/.test(name) ? quote(name) : name;
}

/** Formats a path as typed; a folder stays open for the rest. None if quotes in it would be taken for its end. */
function fileWord(path: string, isQuoted: boolean): string[] {
  const quotes = isQuoted || /\s/.test(path) ? '"' : "";
  if (quotes === "" ? path.startsWith('"') : path.includes('"')) return [];
  return [path.endsWith("/") ? quotes + path : `${quotes}${path}${quotes} `];
}

/** Reads an argument that is a name and nothing else. */
function wholeName(rest: string): string {
  const [, name, after] = QUOTED_FIRST.exec(rest) ?? [];
  return name === undefined || after ? rest : unquoted(name);
}

function quote(name: string): string {
  return `"${name.replace(/["\\]/g, "\\$&")}"`;
}

function unquoted(inside: string): string {
  return inside.replace(/\\(["\\])/g, "$1");
}
