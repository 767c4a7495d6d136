/** Tells screen readers politely of new advice: once per new list, and not more often than can be listened to. */
import { el } from "../dom/element";
import type { ConsoleModel } from "../state/console_model";
import { words } from "../words/catalogue";
import { points } from "../words/format";
import { stationName } from "./move_words";

const SPOKEN_EVERY_MS = 6_000;

export class Announcer {
  readonly root = el("div", {
    class: "visually-hidden",
    role: "status",
    "aria-live": "polite",
    "data-testid": "announcer",
  });
  private said = "";
  private lastMs = 0;
  private timer: number | undefined;

  constructor(private readonly model: ConsoleModel) {
    model.on(["plan"], () => this.consider());
  }

  private consider(): void {
    if (this.timer !== undefined || this.ids() === this.said) return;
    const wait = Math.max(0, this.lastMs + SPOKEN_EVERY_MS - Date.now());
    this.timer = window.setTimeout(() => this.speak(), wait);
  }

  private ids(): string {
    return this.model.moves.map((m) => m.move_id).join(" ");
  }

  private speak(): void {
    this.timer = undefined;
    if (this.ids() === this.said) return;
    this.said = this.ids();
    this.lastMs = Date.now();
    this.root.textContent = this.sentence();
  }

  private sentence(): string {
    const { moves, stations } = this.model;
    const first = moves[0];
    if (!first) return words.moves.announceNone;
    const from = stationName(stations, first.from_station);
    const to = stationName(stations, first.to_station);
    return words.moves.announce(
      moves.length,
      words.moves.announceOne(first.appliance, from, to, points(first.first_share_gain)),
    );
  }
}
