/** Requests that were refused by a rule, with the reason: folded away, for whoever asks why nothing was planned. */
import type { Change } from "../api/rounds_types";
import { el, setText } from "../dom/element";
import { words } from "../words/catalogue";
import { clock } from "../words/format";
import { changeTitle, refusedOf } from "./change_words";
import type { RoundsModel } from "./rounds_model";

// More than this nobody reads; the heading tells how many there are.
const SHOWN = 50;

export class RefusedList {
  private readonly count = el("span", { class: "hint", "data-testid": "refused-count" });
  private readonly list = el("ol", { class: "log", "aria-label": words.rounds.refused.heading });
  readonly root = el(
    "details",
    { class: "block", hidden: true, "data-testid": "refused" },
    el("summary", { class: "block-head" }, el("h2", {}, words.rounds.refused.heading), this.count),
    this.list,
  );
  private said = "";

  constructor(private readonly model: RoundsModel) {
    model.on(["day"], () => this.render());
  }

  private render(): void {
    const refused = refusedOf(this.model.day?.changes ?? []);
    const said = JSON.stringify(refused);
    if (said === this.said) return;
    this.said = said;
    this.root.hidden = refused.length === 0;
    setText(this.count, words.rounds.refused.count(refused.length));
    this.list.replaceChildren(...refused.slice(0, SHOWN).map(row));
  }
}

function row(change: Change): HTMLElement {
  const { what, where } = changeTitle(change);
  const said = words.rounds.refused;
  const why = change.reason === null ? said.unsaid : (said.reasons[change.reason] ?? change.reason);
  return el(
    "li",
    { "data-testid": "refused-request", "data-key": change.key },
    el("time", { datetime: change.at }, clock(change.at)),
    el("span", { class: "log-what", title: `${what} · ${where}: ${why}` }, el("b", {}, why), ` · ${what} · ${where}`),
  );
}
