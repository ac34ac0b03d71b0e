const FACTORS: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
};

/**
 * Parses a size as people write it, in bytes: `64MiB`, `10 GiB`, `500k`, `1.5 MB`, `4096`; undefined for anything else.
 * `k`, `M`, `G` and `T` are powers of 1000; `Ki`, `Mi`, `Gi` and `Ti` of 1024. Case is ignored.
 */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?i?)b?$/i.exec(text.trim());
  const factor = match === null ? undefined : FACTORS[match[2]!.toLowerCase()];
  if (factor === undefined) return undefined;
  const bytes = Math.round(Number(match![1]) * factor);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
