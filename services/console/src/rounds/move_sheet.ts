/** Moving a stop by keys: choose a round and a place in it, see the price, Enter. Nothing changes before. */
import { el, keyCap } from "../dom/element";
import { words } from "../words/catalogue";
import type { RoundsCommands } from "./commands";
import { dayTime } from "./day_clock";
import * as choose from "./move_choice";
import { priceLines } from "./price_card";
import type { PriceDesk } from "./price_desk";
import { roundChip } from "./round_chip";
import type { RoundsModel } from "./rounds_model";

// Letters typed within this time are one round's: A, then B, is AB.
const TYPING_MS = 900;

export class MoveSheet {
  readonly root = el("section", {
    class: "sheet move-sheet",
    role: "dialog",
    "aria-label": words.rounds.actions.move,
    hidden: true,
    tabindex: -1,
    "data-testid": "move-sheet",
  });
  private choice: choose.MoveChoice | null = null;
  private before: Element | null = null;
  private typed = "";
  private typedMs = 0;

  constructor(
    private readonly model: RoundsModel,
    private readonly commands: RoundsCommands,
    private readonly prices: PriceDesk,
  ) {
    model.on(["drag", "day", "theme"], () => this.render());
  }

  get isOpen(): boolean {
    return this.choice !== null;
  }

  open(stop: string | null = this.model.stop): void {
    const place = stop === null ? undefined : this.model.places.get(stop);
    if (stop === null || !place) return;
    if (place.done) return this.model.notify(words.rounds.move.doneStop);
    this.before = document.activeElement;
    this.model.selectStop(stop);
    this.take({ stop, vehicle: place.round.vehicle, before: null });
    this.root.focus({ preventScroll: true });
  }

  /** Returns whether it was open. */
  close(): boolean {
    if (!this.choice) return false;
    this.choice = null;
    this.root.hidden = true;
    this.prices.forget();
    if (this.before instanceof HTMLElement) this.before.focus({ preventScroll: true });
    return true;
  }

  /** Takes a key while it is open. Returns whether it was one of its own. */
  key(event: KeyboardEvent): boolean {
    if (!this.choice) return false;
    const rounds = this.model.day?.rounds ?? [];
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      this.take(choose.stepRound(this.choice, rounds, event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      this.take(choose.stepPlace(this.choice, rounds, event.key === "ArrowRight" ? 1 : -1));
    } else if (event.key === "Enter") this.commit();
    else if (/^[a-z]$/i.test(event.key)) this.letter(event.key);
    else return event.key !== "Tab" && event.key !== "Escape";
    return true;
  }

  private letter(letter: string): void {
    const now = Date.now();
    this.typed = now - this.typedMs < TYPING_MS ? this.typed + letter : letter;
    this.typedMs = now;
    const round = choose.roundOfLetters(this.model.day?.rounds ?? [], this.typed);
    if (round && this.choice) this.take({ ...this.choice, vehicle: round.vehicle, before: null });
  }

  private take(choice: choose.MoveChoice): void {
    this.choice = choice;
    this.prices.consider(choose.questionOf(choice, this.model.day?.rounds ?? []));
    this.render();
  }

  private commit(): void {
    const { choice } = this;
    const { state } = this.prices;
    if (!choice || (state.stage === "priced" && !state.price.possible)) return;
    const question = choose.questionOf(choice, this.model.day?.rounds ?? []);
    this.close();
    void this.commands.edit({ kind: "move", ...question });
  }

  private render(): void {
    const { choice, model } = this;
    this.root.hidden = choice === null;
    if (!choice) return;
    const said = words.rounds.move;
    const round = model.day?.rounds.find((r) => r.vehicle === choice.vehicle);
    const visit = choice.before === null ? undefined : round?.visits[choice.before];
    const begin = choice.before === null ? undefined : round?.begin_s[choice.before];
    const at = begin === undefined || begin === null ? words.strip.unknown : dayTime(begin);
    const where = visit === undefined ? said.bestPlace : said.before(visit, at);
    const street = model.index.stop(choice.stop, model.day)?.street;
    const commit = el(
      "button",
      { type: "button", class: "action primary", "data-testid": "move-commit" },
      keyCap("Enter"),
      said.commit,
    );
    commit.addEventListener("click", () => this.commit());
    const cancel = el("button", { type: "button", class: "action" }, keyCap("Esc"), words.rounds.actions.close);
    cancel.addEventListener("click", () => this.close());
    this.root.replaceChildren(
      el("h2", {}, said.heading([choice.stop, street].filter(Boolean).join(" · "))),
      el(
        "div",
        { class: "move-target" },
        roundChip(model, choice.vehicle),
        el("b", {}, said.to(model.index.letter(choice.vehicle), choice.vehicle)),
        el("span", {}, where),
      ),
      el("div", { class: "move-price", role: "status" }, ...priceLines(this.prices.state)),
      el("div", { class: "change-actions" }, commit, cancel),
      el("p", { class: "hint" }, said.keys),
    );
  }
}
