/**
 * Stops that no round serves today, below the changes: so that a day with some of them never looks as planned.
 * Folded to one line, so that it takes no room from a change that is being decided.
 */
import { el, setText } from "../dom/element";
import { words } from "../words/catalogue";
import type { RoundsModel } from "./rounds_model";

// More than this nobody reads; the heading tells how many there are.
const SHOWN = 8;

export class UnservedList {
  private readonly heading = el("summary", { class: "loses" });
  private readonly list = el("ul");
  private readonly more = el("span", { class: "hint" });
  readonly root = el(
    "details",
    { class: "block", hidden: true, "aria-label": words.rounds.unserved.label, "data-testid": "unserved-today" },
    this.heading,
    this.list,
    this.more,
  );
  private said = "";

  constructor(private readonly model: RoundsModel) {
    model.on(["day"], () => this.render());
  }

  private render(): void {
    const unserved = this.model.day?.unserved ?? [];
    const said = unserved.join(" ");
    if (said === this.said) return;
    this.said = said;
    this.root.hidden = unserved.length === 0;
    setText(this.heading, `▲ ${words.rounds.unserved.count(unserved.length)}`);
    this.list.replaceChildren(...unserved.slice(0, SHOWN).map((stop) => this.row(stop)));
    setText(this.more, unserved.length > SHOWN ? words.rounds.options.more(unserved.length - SHOWN) : "");
  }

  private row(stop: string): HTMLElement {
    const button = el("button", { type: "button", class: "link" }, stop);
    button.addEventListener("click", () => this.model.selectStop(stop));
    const street = this.model.index.stop(stop, this.model.day)?.street ?? "";
    return el("li", {}, button, street === "" ? null : ` ${street}`);
  }
}
