/** Tells screen readers politely of new changes, no more often than can be heard. */
import { el, setText } from "../dom/element";
import { words } from "../words/catalogue";
import { changeTitle } from "./change_words";
import type { RoundsModel } from "./rounds_model";

const SPOKEN_EVERY_MS = 6_000;

export class RoundsAnnouncer {
  readonly root = el("div", { class: "visually-hidden", role: "status", "aria-live": "polite", "data-testid": "announcer" });
  /** Changes already told of; null before the first picture, whose changes are old news. */
  private told: Set<string> | null = null;
  private timer: number | undefined;

  constructor(private readonly model: RoundsModel) {
    model.on(["day"], () => this.consider());
  }

  private consider(): void {
    const keys = this.model.changes.map((c) => c.key);
    if (this.told === null) {
      if (this.model.day) this.told = new Set(keys);
      return;
    }
    if (this.timer !== undefined || keys.every((k) => this.told?.has(k))) return;
    this.timer = window.setTimeout(() => this.speak(), SPOKEN_EVERY_MS);
    this.speak();
  }

  private speak(): void {
    this.timer = undefined;
    const fresh = this.model.changes.filter((c) => !this.told?.has(c.key));
    const newest = fresh.at(-1);
    if (!newest) return;
    this.told = new Set(this.model.changes.map((c) => c.key));
    const { what, where } = changeTitle(newest);
    const others = fresh.length > 1 ? `, ${words.rounds.options.more(fresh.length - 1)}` : "";
    setText(this.root, `${words.rounds.changes.announce(`${what}, ${where}`)}${others}`);
  }
}
