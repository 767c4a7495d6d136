/** The answers to a change side by side: differences against doing nothing, one column each, chosen by key or press. */
import type { OptionKey, PartFigures, RoundsOption, RoundsProposal } from "../api/rounds_types";
import { el, keyCap } from "../dom/element";
import { words } from "../words/catalogue";
import { oneDecimal, signed, whole } from "../words/format";
import { timeChange } from "./day_clock";

interface Line {
  label: string;
  /** What it would be or change to; lower is better in every line. */
  value(option: RoundsOption, before: PartFigures): number;
  text(value: number, option: RoundsOption): string;
  /** Above this it is a loss. */
  harmless: number;
}

const said = words.rounds.options;

const LINES: readonly Line[] = [
  { label: said.drive, value: (o, b) => o.after.drive_s - b.drive_s, text: timeChange, harmless: Infinity },
  { label: said.overtime, value: (o, b) => o.after.overtime_s - b.overtime_s, text: timeChange, harmless: 30 },
  { label: said.unserved, value: (o) => o.after.unserved, text: (n) => whole(n), harmless: 0 },
  {
    label: said.churn,
    value: (o) => o.moved_stops,
    text: (n, o) => (n === 0 ? "0" : `${whole(n)} · ${share(o.churn_share)} %`),
    harmless: Infinity,
  },
  { label: said.cost, value: (o, b) => o.after.cost - b.cost, text: (n) => (n === 0 ? "0" : signed(n)), harmless: Infinity },
];

/** 0.042 → "4.2", 0.134 → "13": as exact as the room allows. */
function share(part: number): string {
  return part < 0.1 ? oneDecimal(part * 100) : whole(part * 100);
}

export function optionTable(
  proposal: RoundsProposal,
  chosen: OptionKey | null,
  choose: (key: OptionKey) => void,
): HTMLElement {
  const labels = el(
    "div",
    { class: "option-labels" },
    el("span", {}),
    ...LINES.map((line) => el("span", { title: said.against }, line.label)),
  );
  const least = LINES.map((line) => Math.min(...proposal.options.map((o) => line.value(o, proposal.before))));
  const columns = proposal.options.map((option, i) => {
    const button = el(
      "button",
      {
        type: "button",
        class: "option",
        role: "radio",
        "aria-checked": String(option.key === chosen),
        title: said.hints[option.key],
        "data-testid": `option-${option.key}`,
      },
      el("span", { class: "option-name" }, keyCap(String(i + 1)), said.names[option.key]),
      ...LINES.map((line, n) => cell(line, option, proposal.before, least[n] ?? 0, proposal.options.length > 1)),
    );
    button.addEventListener("click", (event) => {
      event.stopPropagation();
      choose(option.key);
    });
    return button;
  });
  const table = el("div", { class: "options", role: "radiogroup", "aria-label": said.label }, labels, ...columns);
  table.style.setProperty("--columns", String(columns.length));
  return table;
}

function cell(line: Line, option: RoundsOption, before: PartFigures, least: number, compares: boolean): HTMLElement {
  const value = line.value(option, before);
  const bad = value > line.harmless;
  const best = compares && value === least;
  const text = `${bad ? "▲ " : ""}${line.text(value, option)}`;
  return el("span", { class: `option-value${bad ? " loses" : ""}${best ? " best" : ""}` }, text);
}
