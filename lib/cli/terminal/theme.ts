import {
  blue,
  bold,
  brightBlue,
  brightCyan,
  brightGreen,
  brightMagenta,
  cyan,
  dim,
  green,
  magenta,
  red,
  setColorEnabled,
  yellow,
} from "../../platform/std_colors.ts";

/** Turns all colours on or off. */
export const useColors: (on: boolean) => void = setColorEnabled;

/** Colours of names; red is kept for what failed, yellow for warnings. */
const NAME_COLORS = [
  cyan,
  magenta,
  green,
  blue,
  brightCyan,
  brightMagenta,
  brightGreen,
  brightBlue,
];

/** Signs at the beginning of a line, or between its parts. */
export const SIGN = {
  came: "+",
  left: "-",
  renamed: "*",
  trouble: "!",
  between: "·",
  times: "×",
  cut: "…",
  done: "#",
  open: ".",
} as const;

/** Columns of a progress bar. */
const BAR_WIDTH = 24;

/** The colours of all that is shown to people, by what they mean. */
export const theme = {
  /** A title, or what a line is about. */
  strong: bold,
  /** Text that matters less. */
  faint: dim,
  good: green,
  caution: yellow,
  bad: red,
  /** A line about what failed. */
  failed: (text: string): string => `${bold(red(SIGN.trouble))} ${red(text)}`,
  /** A name of the peer with this id: the same colour wherever and whenever it is shown. */
  name: (id: string, text: string): string => bold(NAME_COLORS[colorOf(id)]!(text)),
};

/** Returns a progress bar. @param share 0 to 1 */
export function bar(share: number): string {
  return `[${SIGN.done.repeat(Math.floor(BAR_WIDTH * share)).padEnd(BAR_WIDTH, SIGN.open)}]`;
}

function colorOf(id: string): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + character.codePointAt(0)!) % 65_521;
  return sum % NAME_COLORS.length;
}
