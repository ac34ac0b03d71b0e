import { suggest } from "../config/suggest.ts";

/** What a line typed into the chat asks for. */
export type ChatLine =
  | { readonly kind: "nothing" }
  | { readonly kind: "say"; readonly text: string }
  | { readonly kind: "peers" }
  | { readonly kind: "msg"; readonly target: string; readonly text: string }
  | { readonly kind: "send"; readonly file: string; readonly target: string | undefined }
  | { readonly kind: "help" }
  | { readonly kind: "quit" }
  | { readonly kind: "wrong"; readonly why: string };

/** The commands of the chat, with what follows them and what they do. */
export const CHAT_COMMANDS: readonly (readonly [name: string, usage: string, summary: string])[] = [
  ["/peers", "", "who is here"],
  ["/msg", "NAME TEXT", "say something to one peer only"],
  ["/send", "FILE NAME", "hand over a JSON document"],
  ["/help", "", "this list"],
  ["/quit", "", "leave"],
];

/**
 * Reads a line of the chat. A line that begins with `//` is said with one slash. One that was pasted is said as it is,
 * but for a message or a document for somebody, which are nothing for the others.
 *
 * @param names of the peers that are there: names may hold spaces
 */
export function parseChatLine(line: string, names: readonly string[], pasted = false): ChatLine {
  const text = line.trim();
  if (text === "") return { kind: "nothing" };
  if (pasted && !/^\/(?:msg|send)\s/.test(text)) return { kind: "say", text: line };
  if (!text.startsWith("/")) return { kind: "say", text: line };
  if (text.startsWith("//")) return { kind: "say", text: text.slice(1) };
  const [, command, rest = ""] = /^(\S+)\s*([^]*)$/.exec(text)!;
  switch (command) {
    case "/peers":
      return { kind: "peers" };
    case "/help":
      return { kind: "help" };
    case "/quit":
      return { kind: "quit" };
    case "/msg":
      return parseMessage(rest, names);
    case "/send":
      return parseSend(rest, names);
  }
  const hint = suggest(command!, CHAT_COMMANDS.map(([name]) => name));
  return {
    kind: "wrong",
    why: `There is no ${command}${hint ? ` (did you mean ${hint}?)` : ""}; /help lists the commands.`,
  };
}

/** How the end of `line` may go on: commands of the chat, and after one that takes a peer the names. */
export function completeChatLine(
  line: string,
  names: readonly string[],
): [completions: string[], end: string] {
  const message = /^\/msg\s+([^]*)$/.exec(line);
  const send = /^\/send\s+(?:"[^"]*"|\S+)\s+([^]*)$/.exec(line);
  const end = message?.[1] ?? send?.[1];
  if (end !== undefined) {
    const after = message === null ? "" : " ";
    return [names.filter((name) => startsWith(name, end)).map((name) => name + after), end];
  }
  if (!/^\/\S*$/.test(line)) return [[], line];
  const commands = CHAT_COMMANDS.map(([name, usage]) => usage === "" ? name : `${name} `);
  return [commands.filter((command) => command.startsWith(line)), line];
}

function parseMessage(rest: string, names: readonly string[]): ChatLine {
  const name = longest(names.filter((name) => startsWith(rest, `${name} `)));
  const [, word = "", text = ""] = /^(\S+)\s+([^]*)$/.exec(rest) ?? [];
  const target = name ?? word;
  const said = name === undefined ? text : rest.slice(name.length).trim();
  return target === "" || said === ""
    ? { kind: "wrong", why: "It goes: /msg NAME TEXT" }
    : { kind: "msg", target, text: said };
}

function parseSend(rest: string, names: readonly string[]): ChatLine {
  const wrong: ChatLine = { kind: "wrong", why: "It goes: /send FILE NAME" };
  const quoted = /^"([^"]+)"\s*([^]*)$/.exec(rest);
  if (quoted !== null) return { kind: "send", file: quoted[1]!, target: quoted[2] || undefined };
  const name = longest(names.filter((name) => rest.toLowerCase().endsWith(` ${name.toLowerCase()}`)));
  if (name !== undefined) return { kind: "send", file: rest.slice(0, -name.length).trim(), target: name };
  const [, file, target] = /^([^]*?)(?:\s+(\S+))?$/.exec(rest)!;
  return file === "" ? wrong : { kind: "send", file: file!, target };
}

function startsWith(text: string, beginning: string): boolean {
  return text.toLowerCase().startsWith(beginning.toLowerCase());
}

function longest(names: readonly string[]): string | undefined {
  return names.reduce<string | undefined>(
    (best, name) => name.length > (best?.length ?? 0) ? name : best,
    undefined,
  );
}
