import { newSecret } from "../../gateways/web/tickets.ts";
import { openWeb } from "../../gateways/web/web.ts";
import { readLinks } from "../../net/interfaces.ts";
import { PagePort } from "../../net/page_port.ts";
import { systemClock } from "../../platform/clock.ts";
import { HistoryThread } from "../../storage/threads/history_thread.ts";
import { ExitCode } from "../../platform/user_error.ts";
import { hostPortText } from "../../protocol/host_port.ts";
import {
  aborted,
  type Context,
  expectArgs,
  jsonLine,
  remark,
  unlessInterrupted,
  within,
} from "../command.ts";
import { lastingPeer } from "../profile/lasting_peer.ts";

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
  const { config, interrupted } = context;
  const { host, port: named } = config.listenAt ?? { host: HOST };
  const port = PagePort.open(
    host,
    named === undefined ? Array.from({ length: MORE_PORTS + 1 }, (_, index) => PORT + index) : [named],
  );
  const token = newSecret();
  Deno.permissions.revokeSync({ name: "run" });
  const service = lastingPeer(context);
  try {
    const { inbox } = await unlessInterrupted(service.status(), interrupted);
    using history = new HistoryThread({ state: config.state, inbox });
    const web = openWeb({
      service,
      port,
      token,
      hosts: config.host,
      clock: systemClock,
      history,
    });
    tellAddresses(context, addressesOf(host, port.port), token);
    await aborted(interrupted);
    await within(Promise.all([web.close(), service.close()]), CLOSING_MAX);
  } finally {
    await within(Promise.all([port.close(), service.close()]), CLOSING_MAX);
  }
  return ExitCode.done;
}

/** Lists the places at which a browser finds the page; a wildcard address stands for all of its family. */
function addressesOf(host: string, port: number): string[] {
  const isEverywhere = host === "0.0.0.0" || host === "::";
  const hosts = isEverywhere
    ? readLinks().filter(({ family }) => family === (host === "::" ? 6 : 4)).flatMap(({ addresses }) =>
      addresses
    )
    : [host];
  return hosts.filter((each) => !/^fe80:/i.test(each)).map((each) => hostPortText({ host: each, port }));
}

function tellAddresses(context: Context, addresses: readonly string[], token: string): void {
  const { config, out } = context;
  for (const address of addresses) {
    const url = `http://${address}/#token=${token}`;
    out.line(config.json ? jsonLine({ url, token }) : url);
  }
  if (addresses.some((address) => !/^(127\.|\[::1\])/.test(address))) {
    remark(
      context,
      "The page can be reached from other machines. Nothing is encrypted: who reads along has the token, and with it " +
        "everything that you could do here.",
    );
  }
  remark(context, "Ctrl-C ends it.");
}
