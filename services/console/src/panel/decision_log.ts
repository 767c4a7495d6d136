/** The log of decisions, newest first, and the officer's name that goes with them. Never sends anything. */
import type { Decision } from "../api/types";
import { el, setAttribute, setText } from "../dom/element";
import type { ConsoleModel } from "../state/console_model";
import { keepOperatorName, operatorAsked, operatorName } from "../state/operator";
import { words } from "../words/catalogue";
import { clock, oneDecimal, whole } from "../words/format";
import { reasonName, stationName } from "./move_words";

export class DecisionLog {
  private readonly list = el("ol", { class: "log", "aria-label": words.log.heading });
  private readonly operator = el("div", { class: "operator", "data-testid": "operator" });
  private readonly stability = el("p", { class: "stability hint", hidden: true, "data-testid": "stability" });
  /** Beside the heading: an empty log takes no line of its own. */
  private readonly none = el("span", { class: "empty log-none" });
  readonly root = el(
    "section",
    { class: "block log-block", "aria-label": words.log.heading },
    el("div", { class: "block-head" }, el("h2", {}, words.log.heading), this.none, this.operator),
    this.list,
    this.stability,
  );
  private newest = "none";

  constructor(private readonly model: ConsoleModel) {
    if (operatorAsked()) this.showOperator();
    else this.askOperator();
    model.on(["picture"], () => this.render());
    model.on(["plan"], () => this.renderStability());
  }

  private renderStability(): void {
    const stability = this.model.latestPlan?.stability ?? null;
    this.stability.hidden = stability === null || stability.moves === 0;
    if (!stability) return;
    const rate = stability.per_100;
    setText(this.stability, stabilityWords(rate));
    setAttribute(this.stability, "title", words.stability.hint(stability.reversals, stability.moves));
  }

  private render(): void {
    const decisions = this.model.picture?.decisions ?? [];
    const newest = decisions.at(-1)?.decision_id ?? "";
    if (newest === this.newest) return;
    this.newest = newest;
    const rows = [...decisions].reverse().map((d) => this.row(d));
    setText(this.none, rows.length > 0 ? "" : words.log.none);
    this.list.replaceChildren(...rows);
  }

  private row(decision: Decision): HTMLElement {
    const what = `${decision.appliance} → ${stationName(this.model.stations, decision.to_station)}`;
    const why = decision.reason ? ` · ${reasonName(decision.reason)}` : "";
    return el(
      "li",
      { "data-testid": "decision", "data-action": decision.action, "data-move-id": decision.move_id },
      el("time", { datetime: decision.at }, clock(decision.at)),
      el(
        "span",
        { class: "log-what", title: `${what}${why}` },
        el("b", {}, words.log[decision.action]),
        ` ${what}${why}`,
      ),
      el("span", { class: "log-who" }, decision.operator),
    );
  }

  private showOperator(): void {
    const change = el("button", { type: "button", class: "link" }, words.operator.change);
    change.addEventListener("click", () => this.askOperator(true));
    this.operator.replaceChildren(el("span", {}, words.operator.shown(operatorName())), change);
  }

  private askOperator(focus = false): void {
    const input = el("input", {
      type: "text",
      maxlength: 40,
      placeholder: words.operator.ask,
      "aria-label": words.operator.ask,
      title: words.operator.ask,
      "data-testid": "operator-name",
    });
    const form = el("form", {}, input, el("button", { type: "submit", class: "link" }, words.operator.keep));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      keepOperatorName(input.value);
      this.showOperator();
    });
    this.operator.replaceChildren(form);
    if (focus) input.focus();
  }
}

/** "3 reversals per 100 moves (24 h)"; small rates with a decimal, so that they do not read as none. */
export function stabilityWords(per100: number): string {
  if (Math.round(per100) === 1 && per100 >= 1) return words.stability.one;
  return words.stability.line(per100 > 0 && per100 < 1 ? oneDecimal(per100) : whole(per100));
}
