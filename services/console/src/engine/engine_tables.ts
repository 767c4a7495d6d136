/** The Engine room's tables: stages, areas, dead letters. Builds them from figures; keeps nothing. */
import { el } from "../dom/element";
import { words } from "../words/catalogue";
import { LEVELS, STAGES, type AreaFigures } from "./engine_figures";
import { isBeyond, quantile, totalOf, type Histogram } from "./histogram";
import { spread } from "./spread";

const said = words.engine;

export function stageTable(figures: AreaFigures): HTMLElement {
  const rows = [
    stageRow(said.stages.whole, figures.eventToPlan, LEVELS.p99EmbeddedS),
    ...STAGES.map((stage) => stageRow(said.stages.names[stage], figures.stages[stage], null)),
  ];
  return el(
    "section",
    { "aria-labelledby": "engine-stages" },
    el("h2", { id: "engine-stages" }, said.stages.heading),
    el("p", { class: "engine-note" }, said.stages.caption),
    table(said.stages.columns, rows, "engine-stages-table"),
    el(
      "p",
      { class: "engine-note" },
      said.stages.level(ms(LEVELS.p50S), ms(LEVELS.p99EmbeddedS), ms(LEVELS.p99KafkaS)),
    ),
  );
}

export function areaTable(areas: readonly AreaFigures[], states: Readonly<Record<string, string>>): HTMLElement {
  const rows = areas.map((one) => {
    const gap = quantile(one.gap, 0.5);
    const state = states[one.area] ?? said.areas.unknown;
    return el(
      "tr",
      { "data-area": one.area },
      el("th", { scope: "row" }, one.area),
      el("td", { class: state === "ok" ? null : "engine-bad" }, state),
      cell(String(one.lag)),
      cell(rate(one.eventsPerS)),
      cell(rate(one.plansPerS)),
      cell(quantileWords(one.eventToPlan, 0.99)),
      cell(gap === null ? said.none : (gap * 100).toFixed(3)),
      cell(String(one.consoles)),
      cell(String(one.solveErrors), one.solveErrors > 0),
      cell(String(one.rejected)),
      cell(String(one.deadLetters), one.deadLetters > 0),
    );
  });
  return el(
    "section",
    { "aria-labelledby": "engine-areas" },
    el("h2", { id: "engine-areas" }, said.areas.heading),
    table(said.areas.columns, rows, "engine-areas-table"),
  );
}

export function deadLetters(areas: readonly AreaFigures[]): HTMLElement {
  const some = areas.filter((one) => one.deadLetters > 0);
  return el(
    "section",
    { "aria-labelledby": "engine-letters" },
    el("h2", { id: "engine-letters" }, said.letters.heading),
    ...(some.length === 0
      ? [el("p", {}, said.letters.none)]
      : some.map((one) => el("p", { class: "engine-bad" }, said.letters.some(one.deadLetters, one.area)))),
    el("p", { class: "engine-note" }, said.letters.where),
  );
}

/** Milliseconds with as many digits as help. */
export function ms(seconds: number): string {
  const value = seconds * 1000;
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2).replace(/\.?0+$/, "");
}

export function quantileWords(one: Histogram, q: number): string {
  const value = quantile(one, q);
  if (value === null) return said.none;
  return isBeyond(one, q) ? said.stages.beyond(ms(value)) : ms(value);
}

export function rate(perS: number): string {
  return perS >= 100 ? perS.toFixed(0) : perS.toFixed(1);
}

function stageRow(name: string, one: Histogram, levelS: number | null): HTMLElement {
  const p99 = quantile(one, 0.99);
  const over = levelS !== null && p99 !== null && (p99 > levelS || isBeyond(one, 0.99));
  const verdict = levelS === null || p99 === null ? "" : over ? ` ${said.stages.over}` : ` ${said.stages.within}`;
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, name),
    cell(String(totalOf(one))),
    cell(quantileWords(one, 0.5)),
    cell(quantileWords(one, 0.95)),
    cell(quantileWords(one, 0.99) + verdict, over),
    el("td", {}, spread(one, levelS, said.stages.spread(name))),
  );
}

function cell(text: string, bad = false): HTMLElement {
  return el("td", { class: bad ? "engine-number engine-bad" : "engine-number" }, text);
}

function table(columns: readonly string[], rows: readonly HTMLElement[], testId: string): HTMLElement {
  const head = el("tr", {}, ...columns.map((name) => el("th", { scope: "col" }, name)));
  return el("table", { "data-testid": testId }, el("thead", {}, head), el("tbody", {}, ...rows));
}
