/**
 * The diagonal hatching that marks zones over target, as a small image for a fill pattern. Pure: the pixels are
 * computed, for reading them back from a canvas can take a second where there is no graphics card.
 */

/** 16 device pixels at ratio 2: one line every 8 screen pixels tiles without a seam. */
export const HATCH_SIZE = 16;
const LINE_WIDTH = 3;

export interface Rgba {
  red: number;
  green: number;
  blue: number;
  alpha: number;
}

export function hatchImage(colour: Rgba): { width: number; height: number; data: Uint8Array } {
  const data = new Uint8Array(HATCH_SIZE * HATCH_SIZE * 4);
  for (let y = 0; y < HATCH_SIZE; y += 1) {
    for (let x = 0; x < HATCH_SIZE; x += 1) {
      data.set(
        [colour.red, colour.green, colour.blue, Math.round(255 * colour.alpha * cover(x, y))],
        (y * HATCH_SIZE + x) * 4,
      );
    }
  }
  return { width: HATCH_SIZE, height: HATCH_SIZE, data };
}

/** How much of a pixel the line covers, 0…1: the line runs where x + y is a multiple of the size. */
function cover(x: number, y: number): number {
  const along = (x + y + 1) % HATCH_SIZE;
  const distance = Math.min(along, HATCH_SIZE - along) / Math.SQRT2;
  return Math.min(1, Math.max(0, LINE_WIDTH / 2 + 0.5 - distance));
}
