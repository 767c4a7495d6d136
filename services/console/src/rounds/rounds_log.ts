/** The log of decisions on the rounds, newest first, each with its undo while it holds; and the manager's name. */
import type { RoundsDecision } from "../api/rounds_types";
import { el, keyCap, setText } from "../dom/element";
import { keepOperatorName, operatorAsked, operatorName } from "../state/operator";
import { words } from "../words/catalogue";
import { clock } from "../words/format";
import { decisionTitle } from "./change_words";
import { canUndo, lastHolding, type RoundsCommands } from "./commands";
import type { RoundsModel } from "./rounds_model";

export class RoundsLog {
  private readonly list = el("ol", { class: "log", "aria-label": words.rounds.log.heading });
  private readonly operator = el("div", { class: "operator", "data-testid": "operator" });
  private readonly none = el("span", { class: "empty log-none" });
  readonly root = el(
    "section",
    { class: "block log-block rounds-log", "aria-label": words.rounds.log.heading },
    el("div", { class: "block-head" }, el("h2", {}, words.rounds.log.heading), this.none, this.operator),
    this.list,
  );
  private said = "none";

  constructor(
    private readonly model: RoundsModel,
    private readonly commands: RoundsCommands,
  ) {
    if (operatorAsked()) this.showOperator();
    else this.askOperator();
    model.on(["day", "desk"], () => this.render());
  }

  private render(): void {
    const decisions = this.model.day?.decisions ?? [];
    const sent = decisions.map((d) => this.commands.sentFor(d.decision_id));
    const said = JSON.stringify([decisions, sent]);
    if (said === this.said) return;
    this.said = said;
    setText(this.none, decisions.length > 0 ? "" : words.rounds.log.none);
    this.list.replaceChildren(...[...decisions].reverse().map((d) => this.row(d)));
  }

  private row(decision: RoundsDecision): HTMLElement {
    const { log, options } = words.rounds;
    const what = decisionTitle(decision, this.model.day?.changes ?? []);
    const option = decision.option === null ? "" : ` · ${options.names[decision.option]}`;
    const newest = lastHolding(this.model)?.decision_id === decision.decision_id;
    return el(
      "li",
      {
        "data-testid": "decision",
        "data-action": decision.action,
        "data-decision-id": decision.decision_id,
        "data-undone": decision.undone,
        "data-void": decision.void !== null,
      },
      el("time", { datetime: decision.at }, clock(decision.at)),
      el(
        "span",
        { class: "log-what", title: `${what}${option}` },
        el("b", {}, decision.action === "adjust" ? "" : `${log.actions[decision.action]} `),
        `${what}${option}`,
      ),
      canUndo(decision)
        ? this.undoButton(decision, newest)
        : el("span", { class: "log-who", title: decision.void }, stateOf(decision)),
    );
  }

  private undoButton(decision: RoundsDecision, newest: boolean): HTMLElement {
    const disabled = this.commands.sentFor(decision.decision_id)?.stage === "sending";
    const button = el(
      "button",
      { type: "button", class: "action small", disabled, "data-testid": "undo", title: decision.operator },
      newest ? keyCap("U") : null,
      words.rounds.changes.undo,
    );
    button.addEventListener("click", () => this.commands.undo(decision));
    return button;
  }

  private showOperator(): void {
    const change = el("button", { type: "button", class: "link" }, words.operator.change);
    change.addEventListener("click", () => this.askOperator(true));
    this.operator.replaceChildren(el("span", {}, words.operator.shown(operatorName())), change);
  }

  private askOperator(focus = false): void {
    const name = words.operator.ask;
    const input = el("input", { type: "text", maxlength: 40, placeholder: name, "aria-label": name, "data-testid": "operator-name" });
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

function stateOf(decision: RoundsDecision): string {
  if (decision.void !== null) return words.rounds.log.void;
  return decision.undone ? words.rounds.log.undone : decision.operator;
}
