/** The price of a move in words, beside the pointer or in the sheet: what it costs, or why it cannot be. */
import type { Price } from "../api/rounds_types";
import { el } from "../dom/element";
import { words } from "../words/catalogue";
import { signed } from "../words/format";
import { dayTime, timeChange } from "./day_clock";
import type { PriceState } from "./price_desk";

export function priceLines(state: PriceState): HTMLElement[] {
  const said = words.rounds.move;
  if (state.stage === "none") return [];
  if (state.stage === "failed") return [el("div", { class: "loses" }, said.noPrice(state.why))];
  const price = state.stage === "priced" ? state.price : state.last;
  if (!price) return [el("div", { class: "hint" }, said.asking)];
  const lines = price.possible ? [possible(price)] : impossible(price);
  return state.stage === "asking" ? [...lines, el("div", { class: "hint" }, said.asking)] : lines;
}

function possible(price: Price): HTMLElement {
  const said = words.rounds.move;
  const parts = [
    price.cost === null ? null : el("strong", {}, said.price(signed(price.cost))),
    price.drive_s === null ? null : el("span", {}, said.drive(timeChange(price.drive_s))),
    price.finish_before_s === null || price.finish_after_s === null
      ? null
      : el("span", {}, said.finish(dayTime(price.finish_before_s), dayTime(price.finish_after_s))),
  ];
  return el("div", { class: "price-parts", "data-testid": "price", "data-possible": "true" }, ...parts);
}

function impossible(price: Price): HTMLElement[] {
  const said = words.rounds.move;
  const why = price.words ?? price.codes.join(", ");
  const lines = [
    el(
      "div",
      { class: "loses", "data-testid": "price", "data-possible": "false" },
      el("strong", {}, `✕ ${said.impossible}`),
      ` ${why}`,
    ),
  ];
  if (price.relaxation !== null) lines.push(el("div", {}, said.wouldNeed(price.relaxation)));
  return lines;
}
