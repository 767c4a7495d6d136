/**
 * The next-best plans, one line each: what differs from the recommended one, and its price. Choosing one previews
 * it. Rows are kept in place, so that a click is never lost. Never decides.
 */
import type { AlternativeChoice } from "../api/advice";
import { el, keyCap, setAttribute, setText } from "../dom/element";
import { WANTED_MS, type Commands } from "../state/commands";
import type { ConsoleModel } from "../state/console_model";
import { keyOf } from "../state/preview";
import { words } from "../words/catalogue";
import { differenceWords, fullDifferenceWords, priceWords } from "./choice_words";

const MOST_SHOWN = 3;
// On a lower screen the recommended moves need the room: the next best open on demand.
const LOW_SCREEN_PX = 980;

interface Row {
  node: HTMLElement;
  button: HTMLButtonElement;
  what: HTMLElement;
  price: HTMLElement;
}

export class Alternatives {
  private readonly list = el("ol", { class: "alternatives" });
  private readonly hint = el("span", {}, words.alternatives.hint);
  readonly root = el(
    "details",
    { class: "alternatives-block", hidden: true, open: window.innerHeight > LOW_SCREEN_PX },
    el(
      "summary",
      { class: "block-head sub" },
      el("h3", {}, words.alternatives.heading),
      el("span", { class: "hint" }, this.hint, " ", keyCap("B")),
    ),
    this.list,
  );
  private readonly rows: Row[] = [];
  private wanted: { key: string; untilMs: number } | null = null;

  constructor(
    private readonly model: ConsoleModel,
    private readonly commands: Commands,
  ) {
    this.list.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-key]") : null;
      if (button) this.choose(button.dataset["key"] ?? "");
    });
    model.on(["plan"], () => this.render());
  }

  /** A second click on the previewed one goes back. */
  private choose(key: string): void {
    const { preview } = this.model.shelf;
    if (preview?.kind === "alternative" && preview.key === key) this.commands.backToRecommended();
    else if (this.commands.previewAlternative(key)) this.wanted = null;
    else this.wanted = { key, untilMs: Date.now() + WANTED_MS };
  }

  /** A row pressed while its plan was being worked out is previewed as soon as the plan has it. */
  private takeWanted(): void {
    const { wanted } = this;
    this.wanted = null;
    if (wanted && Date.now() < wanted.untilMs) this.commands.previewAlternative(wanted.key);
  }

  private render(): void {
    const plan = this.model.shelf.shown;
    const choices = (plan?.alternatives ?? []).slice(0, MOST_SHOWN);
    // A newer plan has not worked them out yet: until then the rows of the plan before stay, so that nothing jumps.
    const coming = plan != null && plan.alternatives == null && !this.root.hidden;
    setText(this.hint, coming ? words.alternatives.ofPlanBefore : words.alternatives.hint);
    for (const row of this.rows) {
      setAttribute(row.button, "aria-disabled", coming ? "true" : null);
      if (coming) setAttribute(row.button, "aria-pressed", "false");
    }
    if (coming) return;
    this.root.hidden = choices.length === 0;
    this.takeWanted();
    if (choices.length > 0) this.commands.takeNextBest();
    while (this.rows.length < choices.length) this.addRow();
    this.rows.forEach((row, i) => {
      const choice = choices[i];
      row.node.hidden = choice === undefined;
      if (choice) this.show(row, choice);
    });
  }

  private addRow(): void {
    const what = el("span", { class: "alternative-what" });
    const price = el("span", { class: "alternative-price", title: words.frontier.objectiveHint });
    const button = el("button", { type: "button", "data-testid": "alternative" }, what, price);
    const node = el("li", {}, button);
    this.rows.push({ node, button, what, price });
    this.list.append(node);
  }

  private show(row: Row, choice: AlternativeChoice): void {
    const { shown: plan, preview } = this.model.shelf;
    if (!plan) return;
    const key = keyOf(choice.moves);
    const what = differenceWords(plan, choice, this.model.stations);
    const price = words.alternatives.price(priceWords(plan, choice));
    setText(row.what, what);
    setText(row.price, price);
    setAttribute(row.button, "data-key", key);
    setAttribute(row.button, "title", fullDifferenceWords(plan, choice, this.model.stations));
    setAttribute(row.button, "aria-label", words.alternatives.aria(what, price));
    setAttribute(row.button, "aria-pressed", String(preview?.kind === "alternative" && preview.key === key));
  }
}
