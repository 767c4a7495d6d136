/** The letter of a round on its colour, as it stands in cards and sheets. */
import { el } from "../dom/element";
import { roundColour, roundInk } from "./round_palette";
import type { RoundsModel } from "./rounds_model";

export function roundChip(model: RoundsModel, vehicle: string): HTMLElement {
  const chip = el("span", { class: "round-chip", title: vehicle }, model.index.letter(vehicle));
  chip.style.background = roundColour(model.index.order.get(vehicle) ?? 0, model.dark);
  chip.style.color = roundInk(model.dark);
  return chip;
}
