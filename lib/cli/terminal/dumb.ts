/** Whether the terminal obeys nothing but characters to print. */
export function isDumb(term: string | undefined = Deno.env.get("TERM"), os = Deno.build.os): boolean {
  return os === "windows" ? term === "dumb" : !term || term === "dumb";
}
