/** Formats a period for people: `5 min`. */
export function periodText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 36 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}

/** Formats how long something is past for people: `5 min ago`. */
export function agoText(ms: number): string {
  return `${periodText(ms)} ago`;
}
