/** Tells screen readers politely of arrivals, and of new advice once per new list, no more often than can be heard. */
import type { PlanMove } from "../api/types";
import { el } from "../dom/element";
import type { ConsoleModel } from "../state/console_model";
import { underWay } from "../state/move_progress";
import { words } from "../words/catalogue";
import { points } from "../words/format";
import { stationName } from "./move_words";

const SPOKEN_EVERY_MS = 6_000;

export class Announcer {
  private readonly advice = el("p");
  private readonly arrival = el("p");
  private readonly reports = el("p");
  readonly root = el(
    "div",
    {
      class: "visually-hidden",
      role: "status",
      "aria-live": "polite",
      "aria-atomic": "false",
      "data-testid": "announcer",
    },
    this.advice,
    this.arrival,
    this.reports,
  );
  /** The decisions whose arrival is known; null before the first picture, whose arrivals are old news. */
  private arrived: Set<string> | null = null;
  /** The reports of the last picture. */
  private reported = new Set<string>();
  private said = "";
  private lastMs = 0;
  private timer: number | undefined;

  constructor(private readonly model: ConsoleModel) {
    model.on(["plan"], () => this.consider());
    model.on(["picture"], () => this.tellArrivals());
    model.on(["clusters"], () => this.tellReports());
  }

  private tellArrivals(): void {
    const { picture, stations } = this.model;
    if (!picture) return;
    const arrived = underWay(picture, new Set()).filter((u) => u.progress.phase === "arrived");
    const told = this.arrived;
    this.arrived = new Set([...(told ?? []), ...arrived.map((u) => u.decisionId)]);
    if (told === null) return;
    const fresh = arrived.filter((u) => !told.has(u.decisionId));
    if (fresh.length === 0) return;
    this.arrival.textContent = fresh
      .map(({ move }) => words.moves.announceArrived(move.appliance, stationName(stations, move.to_station)))
      .join(" ");
  }

  private tellReports(): void {
    const { picture } = this.model;
    if (!picture) return;
    const waiting = picture.clusters.filter((c) => c.status === "unconfirmed").map((c) => c.cluster);
    const fresh = waiting.filter((id) => !this.reported.has(id));
    this.reported = new Set(picture.clusters.map((c) => c.cluster));
    if (fresh.length > 0) this.reports.textContent = words.clusters.announce(fresh.length);
  }

  private consider(): void {
    if (this.timer !== undefined || this.ids() === this.said) return;
    const wait = Math.max(0, this.lastMs + SPOKEN_EVERY_MS - Date.now());
    this.timer = window.setTimeout(() => this.speak(), wait);
  }

  private ids(): string {
    return this.recommended().map((m) => m.move_id).join(" ");
  }

  /** The recommended moves, also while another choice is previewed: that one speaks for itself. */
  private recommended(): readonly PlanMove[] {
    return this.model.shelf.shown?.moves ?? [];
  }

  private speak(): void {
    this.timer = undefined;
    if (this.ids() === this.said) return;
    this.said = this.ids();
    this.lastMs = Date.now();
    this.advice.textContent = this.sentence();
  }

  private sentence(): string {
    const { stations } = this.model;
    const moves = this.recommended();
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
