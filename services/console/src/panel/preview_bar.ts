/** The bar over a previewed choice: that it is not the recommended plan, its price, the way back. Never decides. */
import { el, keyCap, setAttribute, setText } from "../dom/element";
import type { Commands } from "../state/commands";
import type { ConsoleModel } from "../state/console_model";
import { against } from "../state/preview";
import { words } from "../words/catalogue";
import { percent, targetMinutes } from "../words/format";
import { objectiveWords, shareWords, yetWords } from "./choice_words";

export class PreviewBar {
  private readonly share = el("span", { class: "preview-share" });
  private readonly change = el("span", { class: "preview-change" });
  private readonly objective = el("span", { class: "preview-objective", title: words.frontier.objectiveHint });
  private readonly yet = el("p", { class: "preview-yet hint", hidden: true });
  readonly root: HTMLElement;

  constructor(
    private readonly model: ConsoleModel,
    commands: Commands,
  ) {
    const back = el(
      "button",
      { type: "button", class: "action", title: words.preview.backHint, "data-testid": "preview-back" },
      keyCap("Esc"),
      words.preview.back,
    );
    back.addEventListener("click", () => commands.backToRecommended());
    this.root = el(
      "div",
      { class: "preview-bar", hidden: true, "data-testid": "preview" },
      el("p", { class: "preview-not" }, words.preview.notRecommended),
      el("p", { class: "preview-figures" }, this.share, this.change, this.objective),
      back,
      this.yet,
    );
    model.on(["plan"], () => this.render());
  }

  private render(): void {
    const plan = this.model.shelf.shown;
    const choice = this.model.previewed;
    this.root.hidden = choice === null;
    if (!plan || !choice) return;
    const { kind } = this.model;
    setText(this.share, words.preview.share(percent(choice.first_share), targetMinutes(kind.first_target_s)));
    setText(this.change, shareWords(plan, choice, kind));
    setAttribute(this.change, "data-worse", against(plan, choice).first < 0);
    setText(this.objective, objectiveWords(plan, choice));
    const yet = yetWords(plan, choice, kind);
    this.yet.hidden = yet === "";
    setText(this.yet, yet);
  }
}
