/**
 * A colour for each round, told apart from its neighbours in the list; the letter says which it is.
 * Pure: hues a golden angle apart, in three steps of lightness.
 */

const GOLDEN_ANGLE = 137.508;
const FIRST_HUE = 205;

const DARK_STEPS = [68, 58, 78] as const;
const LIGHT_STEPS = [38, 30, 46] as const;

export function roundColour(index: number, dark: boolean): string {
  const hue = (FIRST_HUE + index * GOLDEN_ANGLE) % 360;
  const steps = dark ? DARK_STEPS : LIGHT_STEPS;
  const lightness = steps[index % steps.length] ?? steps[0];
  return `hsl(${hue.toFixed(0)}, ${dark ? 58 : 60}%, ${lightness}%)`;
}

/** Colour of text on a filled mark of a round. */
export function roundInk(dark: boolean): string {
  return dark ? "#05090e" : "#ffffff";
}
