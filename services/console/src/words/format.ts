/** Numbers and times as people read them. Pure; the locale and the time zone are set once. */

const LOCALE = "en-GB";

const fixed = (digits: number, sign = false) =>
  new Intl.NumberFormat(LOCALE, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: sign ? "exceptZero" : "auto",
  });

const WHOLE = fixed(0);
const ONE = fixed(1);
const TWO = fixed(2);
const SIGNED_ONE = fixed(1, true);
const SIGNED_TWO = fixed(2, true);
const SIGNED_WHOLE = fixed(0, true);
const MINUS = /-/g;

let clockFormat = timeFormat("Europe/London");
let minuteFormat = timeFormat("Europe/London", false);

function timeFormat(timeZone: string, seconds = true): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(LOCALE, {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
    ...(seconds ? { second: "2-digit" } : {}),
    hourCycle: "h23",
  });
}

export function setTimeZone(timeZone: string): void {
  clockFormat = timeFormat(timeZone);
  minuteFormat = timeFormat(timeZone, false);
}

/** 0.941 → "94.1". Rounded down towards the honest side: 99.96 % is not shown as 100.0 %. */
export function percent(share: number): string {
  const scaled = share * 100;
  return ONE.format(scaled < 100 ? Math.min(scaled, 99.9) : 100);
}

/** 0.0042 → "+0.42": a change of share in percentage points. */
export function points(change: number): string {
  return SIGNED_TWO.format(change * 100).replace(MINUS, "−");
}

export function pointsShort(change: number): string {
  return SIGNED_ONE.format(change * 100).replace(MINUS, "−");
}

/** 0.0005 → "0.05": a gap in percent; a positive gap is never shown as zero. */
export function gapPercent(gap: number): string {
  const scaled = Math.max(0, gap) * 100;
  return TWO.format(scaled > 0 ? Math.max(0.01, scaled) : 0);
}

export function whole(value: number): string {
  return WHOLE.format(value).replace(MINUS, "−");
}

export function oneDecimal(value: number): string {
  return ONE.format(value).replace(MINUS, "−");
}

export function twoDecimals(value: number): string {
  return TWO.format(value).replace(MINUS, "−");
}

/** 412 s → "7": whole minutes, never 0 for a positive time. */
export function minutes(seconds: number): string {
  return WHOLE.format(seconds > 0 ? Math.max(1, Math.round(seconds / 60)) : 0);
}

/** 250 s → "4:10": minutes and seconds, where a few seconds tell two choices apart. */
export function minutesSeconds(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  return `${Math.floor(total / 60)}:${String(total % 60).padStart(2, "0")}`;
}

/** 3.14 → "+3.1", 250 → "+250": a difference in units of the objective. */
export function signed(value: number): string {
  const rounded = Math.abs(value) < 10 ? SIGNED_ONE.format(value) : SIGNED_WHOLE.format(value);
  return rounded.replace(MINUS, "−");
}

/** 360 s → "6", 450 s → "7.5": a target in minutes. */
export function targetMinutes(seconds: number): string {
  const value = seconds / 60;
  return Number.isInteger(value) ? WHOLE.format(value) : ONE.format(value);
}

/** 0.24 → "0.2 s", 42 → "42 s", 190 → "3 min 10 s", 7300 → "2 h 1 min". */
export function age(seconds: number): string {
  if (seconds < 10) return `${ONE.format(seconds)} s`;
  if (seconds < 60) return `${WHOLE.format(Math.floor(seconds))} s`;
  const total = Math.floor(seconds);
  if (total < 3600) return `${Math.floor(total / 60)} min ${total % 60} s`;
  return `${Math.floor(total / 3600)} h ${Math.floor((total % 3600) / 60)} min`;
}

/** As `age`, in whole seconds: for sentences. */
export function ageWhole(seconds: number): string {
  return seconds < 60 ? `${WHOLE.format(Math.floor(seconds))} s` : age(seconds);
}

export function clock(iso: string): string {
  return clockFormat.format(new Date(iso));
}

export function hourMinute(iso: string): string {
  return minuteFormat.format(new Date(iso));
}
