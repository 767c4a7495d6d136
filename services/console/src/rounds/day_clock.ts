/** Seconds of the local day as people read them. Pure. */

const HOUR_S = 3_600;

/** 36610 → "10:10"; past midnight goes on: 90000 → "25:00". */
export function dayTime(seconds: number): string {
  const total = Math.round(seconds / 60);
  return `${pad(Math.floor(total / 60))}:${pad(total % 60)}`;
}

/** 4500 → "1:15": hours and minutes. */
export function hoursMinutes(seconds: number): string {
  const total = Math.round(Math.abs(seconds) / 60);
  return `${seconds < 0 && total > 0 ? "−" : ""}${Math.floor(total / 60)}:${pad(total % 60)}`;
}

/** A difference that tells a minute from an hour: "+4 min", "−1 h 05", "+20 s", "0". */
export function timeChange(seconds: number): string {
  const sign = seconds < 0 ? "−" : "+";
  const size = Math.abs(Math.round(seconds));
  if (size === 0) return "0";
  if (size < 60) return `${sign}${size} s`;
  const total = Math.round(size / 60);
  if (size < HOUR_S && total < 60) return `${sign}${total} min`;
  return `${sign}${Math.floor(total / 60)} h ${pad(total % 60)}`;
}

function pad(n: number): string {
  return String(n).padStart(2, "0");
}
