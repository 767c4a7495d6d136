/**
 * The what-if panel over the map: a dashed frame, the question, the answer beside the live figures. Never replaces
 * anything live.
 */
import { el, keyCap } from "../dom/element";
import type { ConsoleModel } from "../state/console_model";
import type { WhatIfDesk } from "../state/what_if_desk";
import { words } from "../words/catalogue";
import { AnswerView } from "./answer_view";
import { QuestionSheet } from "./question_sheet";

export class WhatIfPanel {
  readonly root: HTMLElement;
  readonly button: HTMLButtonElement;
  private before: Element | null = null;

  constructor(
    private readonly model: ConsoleModel,
    desk: WhatIfDesk,
  ) {
    const close = el(
      "button",
      { type: "button", class: "action", "data-testid": "what-if-close" },
      keyCap("Esc"),
      words.whatIf.close,
    );
    close.addEventListener("click", () => desk.close());
    this.button = el(
      "button",
      {
        type: "button",
        class: "what-if-button",
        title: words.whatIf.buttonHint,
        "aria-expanded": "false",
        "data-testid": "what-if-button",
      },
      words.whatIf.button,
      keyCap("I"),
    );
    this.button.addEventListener("click", () => desk.toggle());
    this.root = el(
      "section",
      {
        class: "what-if",
        role: "dialog",
        "aria-label": words.whatIf.heading,
        hidden: true,
        tabindex: -1,
        "data-testid": "what-if",
      },
      el("div", { class: "what-if-head" }, el("h2", {}, words.whatIf.heading), close),
      el("p", { class: "hint" }, words.whatIf.note),
      new QuestionSheet(model, desk).root,
      new AnswerView(model, desk).root,
    );
    model.on(["what_if"], () => this.render());
  }

  private render(): void {
    const open = this.model.whatIf !== null;
    if (open !== this.root.hidden) return;
    this.root.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    if (open) {
      this.before = document.activeElement;
      this.root.focus({ preventScroll: true });
    } else if (this.before instanceof HTMLElement) this.before.focus({ preventScroll: true });
  }
}
