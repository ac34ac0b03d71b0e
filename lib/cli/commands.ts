import { PLAIN_OPTIONS } from "../config/options.ts";
import { prepareStore } from "../storage/threads/start_thread.ts";
import type { Command } from "./command.ts";

/**
 * Every command, in the order of the help. Only the command that runs is loaded: a start costs the modules that it needs.
 */
export const COMMANDS: readonly Command[] = [
  {
    name: "",
    usage: "",
    summary: "chat here: peers appear, a typed line goes to everyone",
    details:
      "If stdin is not a terminal, each line is sent as a message, and the peer stays up after the end of the input.\n" +
      "Ctrl-C, Ctrl-D, /quit or SIGTERM ends it, with exit code 0.",
    options: [...PLAIN_OPTIONS, "times"],
    load: () => besideStore(() => import("./commands/chat.ts")),
  },
  {
    name: "run",
    usage: "",
    summary: "stay up without a prompt; one line per event",
    details: "Ctrl-C or SIGTERM ends it, with exit code 0.",
    options: [...PLAIN_OPTIONS, "times", "untilEof"],
    load: () => besideStore(() => import("./commands/run.ts")),
  },
  {
    name: "peers",
    usage: "",
    summary: "who is within earshot",
    details: "If a peer of this profile is running, its list is printed without waiting.",
    options: ["wait", "watch"],
    load: () => import("./commands/peers.ts"),
  },
  {
    name: "say",
    usage: "TEXT|-",
    summary: "say something to everyone, or to the peers named by --to",
    details: "`-` reads one message from standard input. Text that begins with a dash goes after `--`.",
    options: ["to", "timeout"],
    load: () => import("./commands/say.ts"),
  },
  {
    name: "send",
    usage: "FILE|- ...",
    summary: "hand over JSON documents; done when they are safely on disk there",
    details:
      "Takes JSON, or JSON with comments and trailing commas, which are removed. `-` reads standard input.\n" +
      "Every file is checked before anything leaves. Several files stay in order if --stream is given.\n" +
      "A file name over 128 bytes is shortened.\n" +
      "Without --to it goes to the one peer that is up. A document that may have arrived keeps its place in\n" +
      "the outbox; the same command with its --id resumes it, so repeating is safe.\n" +
      "Over 65 000 bytes a document is limited only by the time without progress, --timeout (30 s).\n" +
      "Ctrl-C ends it with exit code 130; what had left already may still arrive.\n" +
      "With --lines the input is JSON Lines, and each line is sent as a document of its own as soon as it is read:\n" +
      "a pipe may go on for ever. It ends at a line that cannot be sent, unless --skip-bad is given.",
    options: ["to", "documentName", "stream", "timeout", "queue", "id", "lines", "skipBad"],
    load: () => import("./commands/send.ts"),
  },
  {
    name: "ask",
    usage: "JSON|-",
    summary: "ask a question in JSON, and print the answer",
    details:
      "Takes JSON of at most 65 000 bytes; `-` reads standard input. The answer goes to standard output as it came;\n" +
      "with several recipients each has a line, as it comes. Without --to the one peer that is up is asked.\n" +
      "--timeout is how long to wait for a recipient (5 s), and then for its answer (30 s). An answer that comes\n" +
      "later is in the inbox; the same command with the same --id asks nobody twice, and prints it.\n" +
      "Exit code 0: answered; 4: refused, failed, nobody answers there, or its program cannot; 5: no answer in time.",
    options: ["to", "timeout", "id"],
    load: () => import("./commands/ask.ts"),
  },
  {
    name: "inbox",
    usage: "[show ID | path [ID] | sql QUERY]",
    summary: "what came in, newest first; print a document; query the history",
    details:
      "Lists received documents and chat; with --sent, sent messages and their outcome. With --follow it prints what\n" +
      "comes in from now on, a line each, until Ctrl-C, whether a peer runs or not.\n" +
      "`show` prints a document exactly as it arrived, `path` the path of the inbox or of a document's file. An ID may\n" +
      "be shortened to its beginning or end. `sql` answers one SELECT over the views received and sent, whose body is\n" +
      "the JSON of a document: json_extract(body, '$.celsius'). It only reads, for at most 5 s and 10 000 rows.\n" +
      "The database keeps documents up to 65 000 bytes. A larger one is only in its file in the inbox: `show`\n" +
      "prints it while that file is unchanged, and its body is NULL in `sql`. Larger sent ones are not kept.\n" +
      "The column kept of both views says where a body is: database, file, or nothing.",
    options: ["sent", "from", "to", "stream", "limit", "follow"],
    load: () => import("./commands/inbox.ts"),
  },
  {
    name: "withdraw",
    usage: "ID",
    summary: "give up a message that waits in the outbox",
    details:
      "Nothing of it is sent from then on, and what is behind it goes on. `earshot inbox --sent` lists the ids; one may\n" +
      "be shortened to its beginning or end. Without --to it is given up for all recipients for whom it waits.\n" +
      "What is under way at this moment may have arrived, and stays; so does the answer to a question.\n" +
      "Exit code 1 if it stays, or had ended before.",
    options: ["to"],
    load: () => import("./commands/withdraw.ts"),
  },
  {
    name: "on",
    usage: "document|chat|ask|peer -- PROGRAM [ARG ...]",
    summary: "run a program for each document, chat message, question or peer",
    details:
      "The program gets a document, a question or the text of a message as its standard input, a peer as a line of\n" +
      "JSON, and the rest in its environment: EARSHOT_EVENT, EARSHOT_ID, EARSHOT_FROM, EARSHOT_FROM_ID, EARSHOT_NAME,\n" +
      "EARSHOT_STREAM, EARSHOT_PATH, EARSHOT_SENT_AT, EARSHOT_TO, EARSHOT_RE, EARSHOT_CODE, EARSHOT_PEER_STATE.\n" +
      "It runs for one at a time, in order, and not through a shell. Exit code 0 means done; anything else is tried\n" +
      "again, with growing pauses.\n" +
      "What it prints for a question is the answer, if it is JSON; nothing is null. If it fails to the end, so does the\n" +
      "answer, with its last line on stderr.\n" +
      "The first start begins with what arrives from then on. Later starts of the same program with the same filters go\n" +
      "on where the last one stopped: nothing is left out that arrived meanwhile. The same command with --forget gives\n" +
      "that place up. If no peer of the profile runs, one is started, and ends with this command. Ctrl-C or SIGTERM ends\n" +
      "it, with exit code 0.",
    options: [
      "from",
      "streamFilter",
      "nameGlob",
      "everything",
      "label",
      "forgetsPlace",
      "parallel",
      "programTimeout",
      "retries",
    ],
    startsPrograms: true,
    load: () => import("./commands/on.ts"),
  },
  {
    name: "id",
    usage: "",
    summary: "my id, name, group, ports, addresses, inbox, and the configuration file in use",
    options: [],
    load: () => import("./commands/id.ts"),
  },
  {
    name: "group",
    usage: "new NAME | show | leave",
    summary: "make a closed group and print its join code; show ours; leave it",
    details: "A running peer stays in its group until you restart it.",
    options: [],
    load: () => import("./commands/group.ts"),
  },
  {
    name: "join",
    usage: "[CODE]",
    summary: "join a closed group by its code",
    details:
      "Without a code, or with -, it asks for one, or takes the first line of standard input: other users of a\n" +
      "machine can see the arguments of its programs. A running peer stays in its group until you restart it.",
    options: [],
    load: () => import("./commands/join.ts"),
  },
  {
    name: "known",
    usage: "",
    summary: "whom I know, and why",
    options: [],
    load: () => import("./commands/known.ts"),
  },
  {
    name: "trust",
    usage: "NAME|ID",
    summary: "from now on this name belongs to this peer",
    options: [],
    load: () => import("./commands/trust.ts"),
  },
  {
    name: "forget",
    usage: "NAME|ID",
    summary: "forget what is known of a peer, a block too",
    options: [],
    load: () => import("./commands/trust.ts"),
  },
  {
    name: "block",
    usage: "ID",
    summary: "refuse everything from a peer",
    options: [],
    load: () => import("./commands/trust.ts"),
  },
  {
    name: "web",
    usage: "",
    summary: "the page: who is here, the talk, documents, plots, in a browser",
    details:
      "Prints the address of the page, which ends in a token: who has it sees and sends what you could. A new start makes\n" +
      "a new one. It works through the running peer of the profile, or is one itself while it runs. In a terminal with a\n" +
      "display it opens the browser, unless --no-open is given. Beyond this machine it is only reached with --listen;\n" +
      "nothing is encrypted then. Requests must name the address that they came to, or a --host. Ctrl-C ends it, with\n" +
      "exit code 0.",
    options: ["listenAt", "host", "noOpen"],
    startsPrograms: true,
    load: () => import("./commands/web.ts"),
  },
  {
    name: "dial",
    usage: "URL",
    summary: "a raw socket in this terminal",
    details: "URL is tcp://HOST:PORT or udp://HOST:PORT; with --listen, tcp://:PORT will do.\n" +
      "What you type goes out, over UDP each line as a datagram; what arrives is printed, as hex if it is no text.\n" +
      "Over TCP it ends when the other side closes; over UDP --wait (1 s) after the end of the input. It starts no peer;\n" +
      "only --save, which puts JSON objects and arrays into the inbox as well, one on each line or in each datagram, does.",
    options: ["listening", "timeout", "wait", "save"],
    load: () => import("./commands/dial.ts"),
  },
  {
    name: "doctor",
    usage: "[NAME]",
    summary: "why peers do not see each other, and what to do",
    details:
      "Takes at most 15 s. Each check is a pass, a warning, a fault, or unknown if it cannot be seen from here; with what\n" +
      "was seen, what to do, and the commands to type. It changes nothing. As root it can read more, such as the rules of\n" +
      "a firewall. With the name or id of a peer it looks at that one from both sides: whether it is heard, its addresses\n" +
      "answer, a session works, and it reaches this machine; then what it tells of itself when it is asked.\n" +
      "Exit code 1 if there is a fault, 3 if there is no such peer, else 0.",
    options: [],
    startsPrograms: (args) => args.length === 0,
    load: () => import("./commands/doctor.ts"),
  },
  {
    name: "service",
    usage: "install|uninstall|status",
    summary: "let the system run a peer, whether a terminal is open or not",
    details:
      "install makes `earshot run`, with the options that are given here, a service of this user and starts it: a unit of\n" +
      "systemd, or a launch agent of macOS. On Windows it prints the commands that make a scheduled task.\n" +
      "Each profile has a service of its own. status ends with exit code 1 if it does not run.",
    options: PLAIN_OPTIONS,
    startsPrograms: true,
    load: () => import("./commands/service.ts"),
  },
  {
    name: "completion",
    usage: "bash|zsh|fish",
    summary: "the script by which a shell completes commands, options, names and files",
    details: "In ~/.bashrc: source <(earshot completion bash)\n" +
      "In ~/.zshrc, after compinit: source <(earshot completion zsh)\n" +
      "In ~/.config/fish/config.fish: earshot completion fish | source",
    options: [],
    load: () => import("./commands/completion.ts"),
  },
];

/** Loads a command that needs a store in any case, whose thread starts meanwhile. */
function besideStore<T>(load: () => Promise<T>): Promise<T> {
  prepareStore();
  return load();
}
