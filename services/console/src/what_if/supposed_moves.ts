/** The moves best in a supposed picture, lettered as on the map. For reading only: none can be accepted. */
import type { PlanMove } from "../api/types";
import { el } from "../dom/element";
import { gainsInSeconds, lossList, stationName, type Stations } from "../panel/move_words";
import { words } from "../words/catalogue";
import { minutes } from "../words/format";

const GROUNDS_SHOWN = 1;

/** The letter of a supposed move: live moves have numbers, so that nobody takes one for the other. */
export function letterOf(rank: number): string {
  return String.fromCharCode("a".charCodeAt(0) + Math.max(0, rank - 1));
}

export function supposedMoves(moves: readonly PlanMove[], stations: Stations): HTMLElement {
  if (moves.length === 0) return el("p", { class: "empty" }, words.whatIf.noMoves);
  return el("ol", { class: "supposed-moves" }, ...moves.map((move) => row(move, stations)));
}

function row(move: PlanMove, stations: Stations): HTMLElement {
  const letter = letterOf(move.rank);
  return el(
    "li",
    { "data-testid": "supposed-move", "data-move-id": move.move_id, "aria-label": words.whatIf.move(letter) },
    el("span", { class: "letter", "aria-hidden": "true" }, letter),
    el(
      "span",
      { class: "supposed-title" },
      el("b", { class: "callsign" }, move.appliance),
      ` ${stationName(stations, move.from_station)} → ${stationName(stations, move.to_station)}`,
    ),
    el("span", { class: "move-eta" }, `${minutes(move.travel_s)} ${words.moves.min}`),
    el(
      "span",
      { class: "supposed-effects" },
      el("span", { class: "gains" }, `▲ ${gainsInSeconds(stations, move.gains, GROUNDS_SHOWN)}`),
      el(
        "span",
        { class: move.loses.length > 0 ? "loses" : "loses none" },
        `▼ ${lossList(stations, move.loses, GROUNDS_SHOWN)}`,
      ),
    ),
  );
}
