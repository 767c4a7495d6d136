/** Why a move is recommended: the reason as a sentence, what it is worth, every ground it touches, the rule that binds. */
import type { GroundChange, PlanMove } from "../api/types";
import { el } from "../dom/element";
import { words } from "../words/catalogue";
import { oneDecimal, points, twoDecimals, whole } from "../words/format";
import { stationName, type Stations } from "./move_words";

const WHOLE_FROM = 10;

export function whyDetails(move: PlanMove, stations: Stations): HTMLElement {
  const sentence = words.why.sentence[move.reason]?.(stationName(stations, move.to_station)) ?? move.reason;
  const rule = move.rule === null ? words.why.noRule : (words.why.rule[move.rule] ?? move.rule);
  return el(
    "div",
    { class: "why", "data-testid": "why-details" },
    el("p", {}, sentence),
    el(
      "p",
      {},
      `${worth(move)} `,
      el("span", { class: "hint" }, words.why.worthFigures(oneDecimal(move.contribution), oneDecimal(move.cost))),
    ),
    el("p", {}, `${words.why.second(points(move.second_share_gain))} ${rule}`),
    el(
      "div",
      { class: "why-grounds" },
      grounds(words.why.gains, words.why.faster, move.gains, stations),
      grounds(words.why.loses, words.why.slower, move.loses, stations),
    ),
  );
}

/** What it brings as a multiple of its price; large ones without a decimal. */
function worth(move: PlanMove): string {
  if (move.cost <= 0) return words.why.worthFree;
  const times = move.contribution / move.cost;
  return words.why.worth(times >= WHOLE_FROM ? whole(times) : oneDecimal(times));
}

function grounds(
  heading: string,
  say: (s: string) => string,
  changes: readonly GroundChange[],
  stations: Stations,
): HTMLElement {
  const rows = changes.map((change) =>
    el(
      "tr",
      {},
      el("td", {}, stationName(stations, change.station)),
      el("td", {}, say(whole(Math.abs(change.seconds)))),
      el("td", {}, `${twoDecimals(change.demand_per_h)} ${words.why.perHour}`),
    ),
  );
  if (rows.length === 0) rows.push(el("tr", {}, el("td", {}, words.strip.unknown)));
  return el("table", {}, el("caption", {}, heading), el("tbody", {}, ...rows));
}
