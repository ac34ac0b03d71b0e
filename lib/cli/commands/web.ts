import { newSecret } from "../../gateways/web/tickets.ts";
import { openWeb, type Web } from "../../gateways/web/web.ts";
import { PagePort } from "../../net/page_port.ts";
import { systemClock } from "../../platform/clock.ts";
import { ExitCode } from "../../platform/user_error.ts";
import { HistoryThread } from "../../storage/threads/history_thread.ts";
import {
  aborted,
  type Context,
  expectArgs,
  remark,
  startNoMore,
  unlessInterrupted,
  within,
} from "../command.ts";
import { lastingPeer } from "../profile/lasting_peer.ts";
import { pageAddresses, pageUrl, tellAddresses } from "../web/addresses.ts";
import { hasDisplay, openBrowser } from "../web/browser.ts";
import { prepareDoctor } from "../web/health.ts";

/** Where the page is served unless the user says otherwise. */
const HOST = "127.0.0.1";
const PORT = 8033;
/** Further ports that are tried if that is taken. */
const MORE_PORTS = 16;

/** How long closing may take after the user has ended the program, milliseconds. */
const CLOSING_MAX = 800;

/** `earshot web`: serves the page until the user ends it. */
export async function run(context: Context): Promise<ExitCode> {
  expectArgs(context, 0);
  const { config, interrupted, out } = context;
  const { host, port: named } = config.listenAt ?? { host: HOST };
  const examine = await unlessInterrupted(prepareDoctor(context), interrupted);
  // A browser that comes before the page is served waits.
  const port = PagePort.open(
    host,
    named === undefined ? Array.from({ length: MORE_PORTS + 1 }, (_, index) => PORT + index) : [named],
  );
  const token = newSecret();
  const addresses = pageAddresses(host, port.port);
  const isAtDisplay = out.isTerminal && !config.json && !config.noOpen && hasDisplay();
  const browser = isAtDisplay ? openBrowser(pageUrl(addresses[0]!, token), config.inbox) : undefined;
  const service = lastingPeer(context);
  let web: Web | undefined;
  try {
    // From here on it hears whatever anybody sends, and its threads have no more rights than it.
    startNoMore(context);
    const { inbox } = await unlessInterrupted(service.status(), interrupted);
    const { state } = config;
    using history = new HistoryThread({ state, inbox });
    web = openWeb({
      service,
      history,
      examine,
      port,
      token,
      hosts: config.host,
      state,
      clock: systemClock,
    });
    tellAddresses(context, host, addresses, token);
    void browser?.opened.then((opened) => {
      if (!opened) remark(context, "No browser could be opened: open the address yourself.");
    });
    await aborted(interrupted);
  } finally {
    browser?.forget();
    await within(Promise.all([web?.close() ?? port.close(), service.close()]), CLOSING_MAX);
  }
  return ExitCode.done;
}
