/** How many appliances of each kind a supposed incident needs: a stepper a kind, digits for the first. Never asks. */
import { el, keyCap, setAttribute, setText } from "../dom/element";
import type { ConsoleModel } from "../state/console_model";
import { MOST_NEEDED } from "../state/what_if";
import type { WhatIfDesk } from "../state/what_if_desk";
import { words } from "../words/catalogue";
import { inSentence } from "../words/plurals";

interface Stepper {
  kind: string;
  count: HTMLElement;
  fewer: HTMLButtonElement;
  more: HTMLButtonElement;
}

export class NeedSteppers {
  readonly root = el("div", { class: "need-steppers" });
  private readonly steppers: Stepper[];

  constructor(model: ConsoleModel, desk: WhatIfDesk) {
    this.steppers = model.region.kinds.map((kind, i) => {
      const step = (by: number) => desk.need(kind.id, (model.whatIf?.question.needs[kind.id] ?? 0) + by);
      const fewer = button("−", words.whatIf.fewer(kind.name), () => step(-1));
      const more = button("+", words.whatIf.more(kind.name), () => step(1));
      const count = el("output", { class: "need-count", "data-testid": `need-${kind.id}` });
      const name = el("span", { class: "need-kind" }, `${inSentence(kind.name)}s`);
      const row = el("div", { class: "need" }, fewer, count, more, name);
      if (i === 0) row.append(keyCap(words.whatIf.keys));
      this.root.append(row);
      return { kind: kind.id, count, fewer, more };
    });
  }

  show(needs: Readonly<Record<string, number>>): void {
    for (const { kind, count, fewer, more } of this.steppers) {
      const n = needs[kind] ?? 0;
      setText(count, String(n));
      setAttribute(fewer, "disabled", n <= 0);
      setAttribute(more, "disabled", n >= MOST_NEEDED);
    }
  }
}

function button(sign: string, label: string, run: () => void): HTMLButtonElement {
  const node = el("button", { type: "button", class: "step", "aria-label": label, title: label }, sign);
  node.addEventListener("click", run);
  return node;
}
