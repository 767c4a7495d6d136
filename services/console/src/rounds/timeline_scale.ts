/**
 * Which time stands where on the time-line, and what a pointer points at. Pure arithmetic; never draws.
 */

export interface TimeScale {
  /** Seconds of the day at the left edge of the plot. */
  fromS: number;
  toS: number;
  left: number;
  width: number;
}

const SHORTEST_SPAN_S = 900;

export function xOf(scale: TimeScale, seconds: number): number {
  return scale.left + ((seconds - scale.fromS) / (scale.toS - scale.fromS)) * scale.width;
}

export function timeOf(scale: TimeScale, x: number): number {
  return scale.fromS + ((x - scale.left) / scale.width) * (scale.toS - scale.fromS);
}

/** Zooms by `factor` (< 1 is closer) and keeps the time at `aroundS` where it is; never beyond the whole day. */
export function zoomed(scale: TimeScale, whole: TimeScale, factor: number, aroundS: number): TimeScale {
  const most = whole.toS - whole.fromS;
  const span = Math.min(most, Math.max(Math.min(SHORTEST_SPAN_S, most), (scale.toS - scale.fromS) * factor));
  const part = (aroundS - scale.fromS) / (scale.toS - scale.fromS);
  return within({ ...scale, fromS: aroundS - part * span, toS: aroundS + (1 - part) * span }, whole);
}

/** Moves the view by some seconds, within the whole day. */
export function panned(scale: TimeScale, whole: TimeScale, byS: number): TimeScale {
  return within({ ...scale, fromS: scale.fromS + byS, toS: scale.toS + byS }, whole);
}

function within(scale: TimeScale, whole: TimeScale): TimeScale {
  const shift = Math.max(0, whole.fromS - scale.fromS) - Math.max(0, scale.toS - whole.toS);
  return { ...scale, fromS: scale.fromS + shift, toS: scale.toS + shift };
}

/** Distances of the ticks on the time axis: the least that leaves `roomPx` between two labels. */
export function tickStepS(scale: TimeScale, roomPx: number): number {
  const perPixel = (scale.toS - scale.fromS) / scale.width;
  const steps = [60, 300, 600, 900, 1_800, 3_600, 7_200, 14_400];
  return steps.find((s) => s / perPixel >= roomPx) ?? 14_400;
}

/**
 * The visit a stop let go at `seconds` is put before: the first not done that begins later; undefined at the end.
 * `skip` is the index of the stop itself where it is in this round, or -1.
 */
export function visitAfter(
  blocks: readonly { visit: string; beginS: number; done: boolean }[],
  seconds: number,
  skip: number,
): string | undefined {
  return blocks.find((block, index) => !block.done && block.beginS > seconds && index !== skip)?.visit;
}
