/** Numbers and times as people read them. A value that is not there yet is a dash. */

export const NOTHING = "–";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"];

export function count(value: number): string {
  return Math.abs(value) < 100_000 ? whole.format(value) : short.format(value);
}

export function percent(value: number | null): string {
  if (value === null) return NOTHING;
  // 99.96 % must not read as a perfect score.
  const shown = value < 1 ? Math.min(value * 100, 99.9) : 100;
  return `${shown.toFixed(1)} %`;
}

export function decimal(value: number | null): string {
  if (value === null) return NOTHING;
  if (value !== 0 && Math.abs(value) < 0.001) return value.toExponential(1);
  return value.toFixed(Math.abs(value) < 10 ? 3 : 1);
}

export function rate(perSecond: number): string {
  return perSecond > 0 && perSecond < 10 ? perSecond.toFixed(1) : count(perSecond);
}

/** At most four significant digits and no needless zeros, as 0.05 or 0.0001. */
export function plain(value: number): string {
  return String(Number(value.toPrecision(3)));
}

export function bytes(value: number): string {
  let unit = 0;
  let amount = value;
  while (amount >= 999.5 && unit < BYTE_UNITS.length - 1) {
    amount /= 1000;
    unit++;
  }
  return `${amount.toFixed(unit > 0 && amount < 10 ? 1 : 0)} ${BYTE_UNITS[unit]}`;
}

/** 42 s, 3 min 05 s, 2 h 10 min. */
export function duration(seconds: number | null): string {
  if (seconds === null) return NOTHING;
  const total = Math.max(0, Math.round(seconds));
  if (total < 60) return `${total} s`;
  if (total < 3600) return `${Math.floor(total / 60)} min ${pad(total % 60)} s`;
  const hours = Math.floor(total / 3600);
  if (hours < 48) return `${hours} h ${pad(Math.floor((total % 3600) / 60))} min`;
  return `${Math.floor(hours / 24)} days`;
}

/** A time that is only an estimate: 40 s, 7 min, 2 h 10 min. */
export function roughly(seconds: number | null): string {
  if (seconds === null || seconds < 90 || seconds >= 3600) return duration(seconds);
  return `${Math.round(seconds / 60)} min`;
}

/** How long one step takes: 850 µs, 53 ms, 2.1 s. */
export function pace(seconds: number): string {
  if (seconds < 0.001) return `${Math.round(seconds * 1e6)} µs`;
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
}

/** 0:42, 3:05, 2:10:00: for the axis of a chart. */
export function clock(seconds: number): string {
  const total = Math.round(seconds);
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3600);
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(total % 60)}` : `${minutes}:${pad(total % 60)}`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
