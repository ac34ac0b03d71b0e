// The npm build of the standard library has no types: these are the functions used, with the originals' signatures.

// @std/cli
export interface ParseOptions {
  boolean?: readonly string[];
  string?: readonly string[];
  collect?: readonly string[];
  negatable?: readonly string[];
  alias?: Record<string, string | readonly string[]>;
  default?: Record<string, unknown>;
  stopEarly?: boolean;
  "--"?: boolean;
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}
export function parseArgs(args: readonly string[], options?: ParseOptions): {
  _: (string | number)[];
  [name: string]: unknown;
};

// @std/fmt/bytes
export function format(
  bytes: number,
  options?: { binary?: boolean; maximumFractionDigits?: number },
): string;

// @std/fmt/colors
export function setColorEnabled(value: boolean): void;
export function bold(text: string): string;
export function dim(text: string): string;
export function red(text: string): string;
export function green(text: string): string;
export function yellow(text: string): string;
export function cyan(text: string): string;
export function blue(text: string): string;
export function magenta(text: string): string;
export function brightBlue(text: string): string;
export function brightCyan(text: string): string;
export function brightGreen(text: string): string;
export function brightMagenta(text: string): string;

// @std/jsonc
export function parse(text: string): unknown;

// @std/ulid
export function ulid(seedTime?: number): string;
export function monotonicUlid(seedTime?: number): string;
