// Figures as people read them.

const units = ["B", "kB", "MB", "GB", "TB", "PB"];

/** "84.2 kB": thousands, as browsers and network plans count. */
export function bytes(count: number): string {
  let unit = 0;
  let value = Math.abs(count);
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const text = unit === 0 || value >= 100 ? Math.round(value).toString() : value.toPrecision(3);
  return `${count < 0 ? "−" : ""}${text} ${units[unit]}`;
}

/** "12,345", "1.2 M". */
export function count(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toPrecision(3)} G`;
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)} M`;
  if (value >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString("en");
  return value.toPrecision(2);
}

export function percent(share: number): string {
  if (!Number.isFinite(share)) return "–";
  const value = share * 100;
  // Not all of them is not 100 %.
  if (value > 99.5 && value < 100) return `${(Math.floor(value * 10) / 10).toFixed(1)}%`;
  return `${value.toFixed(value < 10 && value > 0 ? 1 : 0)}%`;
}

export function milliseconds(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value >= 10_000) return `${(value / 1000).toFixed(0)} s`;
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  if (value >= 10) return `${Math.round(value)} ms`;
  return `${value < 1 ? value.toFixed(2) : value.toFixed(1)} ms`;
}

/** "3 min ago". */
export function ago(at: number, now: number = Date.now()): string {
  const seconds = Math.max(0, (now - at) / 1000);
  if (seconds < 5) return "just now";
  if (seconds < 90) return `${Math.round(seconds)} s ago`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86400)} days ago`;
}

export const moment = (at: number): string => new Date(at).toLocaleString();
