/**
 * The answer to a what-if: cover live, then, and then with the moves; whom to send; what to move. Says for which
 * picture it was worked out, and when the live one has moved on. Never decides.
 */
import type { Figures } from "../api/types";
import { el, keyCap, setAttribute, setText } from "../dom/element";
import { mobilisingChoices, needWords } from "../panel/mobilising_choices";
import type { ConsoleModel } from "../state/console_model";
import { answersTheSheet, hasMovedOn, type Answered, type WhatIf } from "../state/what_if";
import type { WhatIfDesk } from "../state/what_if_desk";
import { words } from "../words/catalogue";
import { clock, percent, targetMinutes, whole } from "../words/format";
import { supposedMoves } from "./supposed_moves";

export class AnswerView {
  private readonly body = el("div", { class: "answer-body", "data-testid": "what-if-answer" });
  private readonly state = el("p", { class: "answer-state", role: "status", "data-testid": "what-if-state" });
  private readonly failure = el("p", {
    class: "what-if-problem",
    role: "alert",
    hidden: true,
    "data-testid": "what-if-failure",
  });
  private readonly ask = button("what-if-ask", "Enter", words.whatIf.ask);
  private readonly zonesLabel = el("span");
  private readonly zones = button("what-if-zones", "Z", this.zonesLabel);
  private readonly actions = el("div", { class: "answer-actions" }, this.ask, this.zones);
  private readonly foot = el("div", { class: "answer-foot" }, this.state, this.actions);
  readonly root = el("div", { class: "answer" }, this.failure, this.body, this.foot);
  private shown: Answered | null = null;

  constructor(
    private readonly model: ConsoleModel,
    desk: WhatIfDesk,
  ) {
    this.ask.addEventListener("click", () => desk.ask());
    this.zones.addEventListener("click", () => desk.toggleZones());
    model.on(["what_if", "picture"], () => this.render());
  }

  private render(): void {
    const { whatIf } = this.model;
    if (!whatIf) return;
    const result = whatIf.answered;
    this.failure.hidden = whatIf.failure === null;
    setText(this.failure, whatIf.failure ?? "");
    if (result !== this.shown) {
      this.shown = result;
      this.body.replaceChildren(...(result ? this.parts(result) : []));
    }
    const moved = result !== null && hasMovedOn(result, this.model.picture);
    setText(this.state, stateWords(whatIf, moved));
    const stands = result === null ? "empty" : moved ? "moved-on" : "fresh";
    setAttribute(this.root, "data-state", whatIf.asking ? "asking" : stands);
    this.actions.hidden = result === null && whatIf.failure === null;
    setAttribute(this.ask, "class", moved || whatIf.failure !== null ? "action primary" : "action");
    this.zones.hidden = result?.zones == null;
    setAttribute(this.zones, "aria-pressed", String(whatIf.zonesOnMap));
    setText(this.zonesLabel, whatIf.zonesOnMap ? words.whatIf.hideZones : words.whatIf.showZones);
  }

  private parts(result: Answered): HTMLElement[] {
    const { region, stations } = this.model;
    const { mobilising, plan } = result.answer;
    const say = words.whatIf;
    const parts = [el("h3", {}, say.supposed(this.supposition(result))), this.figures(result)];
    if (mobilising) {
      const choices = mobilisingChoices({ advice: mobilising, kinds: region.kinds, stations });
      parts.push(el("h3", { title: words.goingOut.information }, say.mobilise), choices);
    }
    parts.push(el("h3", {}, say.moves), supposedMoves(plan.moves, stations));
    return parts;
  }

  private supposition({ question }: Answered): string {
    const list: string[] = [];
    if (question.place) {
      list.push(words.whatIf.incidentWith(needWords(question.needs, this.model.region.kinds), question.place.name));
    }
    if (question.offRun.length > 0) list.push(words.whatIf.offRun(question.offRun.join(", ")));
    return list.join("; ");
  }

  private figures({ answer, live }: Answered): HTMLElement {
    const { kind } = this.model;
    const say = words.whatIf;
    const row = (label: string, of: (f: Figures) => number) =>
      el(
        "tr",
        {},
        el("th", { scope: "row" }, label),
        ...[live, answer.plan.before, answer.plan.after].map((f) =>
          el("td", {}, f ? `${percent(of(f))} %` : words.strip.unknown),
        ),
      );
    const heads = [say.live, say.before, say.after].map((head) => el("th", { scope: "col" }, head));
    return el(
      "table",
      { class: "answer-figures", "aria-label": say.table },
      el("thead", {}, el("tr", {}, el("td"), ...heads)),
      el(
        "tbody",
        {},
        row(say.first(targetMinutes(kind.first_target_s)), (f) => f.first_share),
        row(say.second(targetMinutes(kind.second_target_s)), (f) => f.second_share),
      ),
    );
  }
}

function button(testId: string, key: string, label: Node | string): HTMLButtonElement {
  return el("button", { type: "button", class: "action", "data-testid": testId }, keyCap(key), label);
}

/** What the answer rests on, and whether that still holds. */
export function stateWords(state: WhatIf, movedOn: boolean): string {
  const say = words.whatIf;
  const result = state.answered;
  if (state.asking) return say.asking;
  if (result === null) return state.failure === null ? say.nothingYet : "";
  const basis = `${say.picture(clock(result.answer.plan.picture_time))}, ${say.solved(whole(result.answer.solve_ms))}`;
  const still = !answersTheSheet(state) ? say.older : movedOn ? say.movedOn : say.fresh;
  return `${say.answered(basis)} ${still}`;
}
