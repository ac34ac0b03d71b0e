import { readLinks } from "../../net/interfaces.ts";
import { hostPortText } from "../../protocol/host_port.ts";
import { type Context, jsonLine, remark } from "../command.ts";

/**
 * Lists the addresses at which a browser finds the page. `0.0.0.0` stands for every IPv4 address; `::` for every address,
 * because IPv4 reaches it, too.
 */
export function pageAddresses(host: string, port: number): string[] {
  const isEverywhere = host === "0.0.0.0" || host === "::";
  const hosts = isEverywhere
    ? readLinks().filter(({ family }) => host === "::" || family === 4)
      .flatMap(({ addresses }) => addresses)
    : [host];
  // No browser takes an address with a zone.
  return hosts.filter((each) => !/^fe80:/i.test(each)).map((each) => hostPortText({ host: each, port }));
}

/** Returns what leads into the page at an address. */
export function pageUrl(address: string, token: string): string {
  return `http://${address}/#token=${token}`;
}

/**
 * Prints how the page is reached, and says plainly what it means if other machines can.
 *
 * @param host address at which it listens
 */
export function tellAddresses(
  context: Context,
  host: string,
  addresses: readonly string[],
  token: string,
): void {
  const { config, out } = context;
  for (const address of addresses) {
    const url = pageUrl(address, token);
    out.line(config.json ? jsonLine({ url, address, token }) : url);
  }
  if (!/^(?:127\.|::1$)/.test(host)) {
    remark(
      context,
      "Other machines can reach this page, and nothing is encrypted: the token is the key, and whoever reads along " +
        "has it. With it one can do here whatever you can.",
    );
  }
  remark(context, "Ctrl-C ends it.");
}
