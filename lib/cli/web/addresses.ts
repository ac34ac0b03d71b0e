import { readLinks } from "../../net/interfaces.ts";
import { hostPortText } from "../../protocol/host_port.ts";
import { type Context, jsonLine, remark } from "../command.ts";

/** Lists the addresses at which a browser finds the page; a wildcard stands for every address of its family. */
export function pageAddresses(host: string, port: number): string[] {
  const isEverywhere = host === "0.0.0.0" || host === "::";
  const hosts = isEverywhere
    ? readLinks().filter(({ family }) => family === (host === "::" ? 6 : 4))
      .flatMap(({ addresses }) => addresses)
    : [host];
  // No browser takes an address with a zone.
  return hosts.filter((each) => !/^fe80:/i.test(each)).map((each) => hostPortText({ host: each, port }));
}

/** Returns what leads into the page at an address. */
export function pageUrl(address: string, token: string): string {
  return `http://${address}/#token=${token}`;
}

/** Prints how the page is reached, and says plainly what it means if other machines can. */
export function tellAddresses(context: Context, addresses: readonly string[], token: string): void {
  const { config, out } = context;
  for (const address of addresses) {
    const url = pageUrl(address, token);
    out.line(config.json ? jsonLine({ url, address, token }) : url);
  }
  if (addresses.some((address) => !/^(127\.|\[::1\])/.test(address))) {
    remark(
      context,
      "Other machines can reach this page, and nothing is encrypted: the token is the key, and whoever reads along " +
        "has it. With it one can do here whatever you can.",
    );
  }
  remark(context, "Ctrl-C ends it.");
}
