/**
 * Two ways to mobilise side by side: nearest first, and the choice that costs cover least. For information: nothing
 * here can be sent. Used for open incidents and for supposed ones.
 */
import type { MobilisingAdvice, MobilisingChoice } from "../api/advice";
import type { Kind } from "../api/types";
import { el } from "../dom/element";
import { words } from "../words/catalogue";
import { ageWhole, minutesSeconds, oneDecimal, pointsShort, whole } from "../words/format";
import { stationName, type Stations } from "./move_words";

export interface MobilisingView {
  advice: MobilisingAdvice;
  kinds: readonly Kind[];
  stations: Stations;
}

/** "2 pumps, 1 aerial": what is needed, in words of the region. */
export function needWords(
  needs: Readonly<Record<string, number>>,
  kinds: readonly Kind[],
  say: (n: number, kind: string) => string = words.goingOut.needed,
): string {
  const parts = Object.entries(needs).filter(([, n]) => n > 0);
  return parts.map(([id, n]) => say(n, kinds.find((k) => k.id === id)?.name ?? id)).join(", ");
}

/** How many of each kind the incident still needs: those found, and those that could not be. */
export function needsOf(advice: MobilisingAdvice): Record<string, number> {
  const needs = { ...advice.short };
  for (const { kind } of advice.nearest.appliances) needs[kind] = (needs[kind] ?? 0) + 1;
  return needs;
}

/** Whether both choices send the same appliances. */
export function sameAppliances(a: MobilisingChoice, b: MobilisingChoice): boolean {
  const ids = (choice: MobilisingChoice) => choice.appliances.map((x) => x.appliance).sort().join(" ");
  return ids(a) === ids(b);
}

/** What a choice does to cover, in percent of the risk before: "+2.1". */
export function coverCost(advice: MobilisingAdvice, choice: MobilisingChoice): string {
  const share = advice.risk_before > 0 ? choice.rise / advice.risk_before : 0;
  return pointsShort(share);
}

/** What sparing cover costs in time, against nearest first: "last arrives 2 min 40 s later"; empty for nothing. */
export function laterWords(nearest: MobilisingChoice, choice: MobilisingChoice): string {
  const times = (c: MobilisingChoice) => c.appliances.map((a) => a.attendance_s);
  const last = Math.max(...times(choice)) - Math.max(...times(nearest));
  if (last >= 1) return words.goingOut.lastLater(ageWhole(last));
  const first = Math.min(...times(choice)) - Math.min(...times(nearest));
  return first >= 1 ? words.goingOut.firstLater(ageWhole(first)) : "";
}

export function mobilisingChoices(view: MobilisingView): HTMLElement {
  const { advice, kinds } = view;
  const say = words.goingOut;
  const same = sameAppliances(advice.nearest, advice.least_cover);
  const missing = needWords(advice.short, kinds);
  const columns = same
    ? [column(view, say.same, advice.nearest, "same")]
    : [
        column(view, say.nearest, advice.nearest, "nearest"),
        column(view, say.leastCover, advice.least_cover, "least-cover"),
      ];
  return el(
    "div",
    { class: "mobilising" },
    el("div", { class: same ? "mobilising-columns one" : "mobilising-columns" }, ...columns),
    missing !== "" && el("p", { class: "mobilising-missing" }, say.notFound(missing)),
  );
}

function column(view: MobilisingView, heading: string, choice: MobilisingChoice, name: string): HTMLElement {
  const { advice, stations } = view;
  const say = words.goingOut;
  const rows = choice.appliances.map((a) =>
    el(
      "li",
      {},
      el("b", { class: "callsign" }, a.appliance),
      el("span", { class: "from" }, stationName(stations, a.station)),
      el("span", { class: "attendance", title: say.timeHint }, minutesSeconds(a.attendance_s)),
    ),
  );
  if (rows.length === 0) rows.push(el("li", { class: "empty" }, say.noneFound));
  const later = laterWords(advice.nearest, choice);
  const hint = say.costHint(oneDecimal(advice.risk_before), oneDecimal(choice.risk_after));
  return el(
    "div",
    { class: "mobilising-choice", "data-testid": "mobilising-choice", "data-choice": name },
    el("h4", {}, heading),
    el(
      "p",
      { class: "cover-cost", title: hint, "data-rise": whole(choice.rise) },
      say.cost(coverCost(advice, choice)),
      later !== "" && el("span", { class: "cover-later" }, later),
    ),
    el("ol", {}, ...rows),
  );
}
