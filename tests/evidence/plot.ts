const WIDTH = 640;
const HEIGHT = 240;
const MARGIN = 40;

/** Draws one dot for each value, in its order, as SVG. @param unit of the values, for the axis */
export function plot(title: string, values: readonly number[], unit: string): string {
  const most = niceTop(Math.max(...values));
  const x = (i: number) => MARGIN + (i + 0.5) * (WIDTH - 2 * MARGIN) / values.length;
  const y = (value: number) => HEIGHT - MARGIN - value / most * (HEIGHT - 2 * MARGIN);
  const dots = values.map((value, i) =>
    `<circle cx="${x(i).toFixed(1)}" cy="${y(value).toFixed(1)}" r="2"/>`
  );
  const lines = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const at = y(part * most).toFixed(1);
    const label = `<text x="${
      MARGIN - 4
    }" y="${at}" text-anchor="end" dominant-baseline="middle">${+(part * most).toPrecision(3)}</text>`;
    return `<path d="M${MARGIN} ${at}H${WIDTH - MARGIN}" stroke="#ccc"/>${label}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="11">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${WIDTH / 2}" y="18" text-anchor="middle" font-size="13">${title}</text>
${lines.join("\n")}
<text x="12" y="${HEIGHT / 2}" transform="rotate(-90 12 ${HEIGHT / 2})" text-anchor="middle">${unit}</text>
<text x="${WIDTH / 2}" y="${HEIGHT - 10}" text-anchor="middle">message</text>
<g fill="#1565c0">
${dots.join("\n")}
</g>
</svg>
`;
}

/** Returns the value at this part of all, 0 to 1. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!;
}

/** Returns the next larger of 1, 2, 5, 10, 20, … */
function niceTop(value: number): number {
  const ten = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * ten).find((top) => top >= value)!;
}
