/**
 * The strip of the Rounds view: the day's figures against the morning's plan and past weeks, and how old they are.
 * Never decides.
 */
import type { DayTotals, Figures, PastWeek } from "../api/rounds_types";
import { el, keyCap, setAttribute, setText } from "../dom/element";
import { shownAgeS } from "../state/health";
import { words } from "../words/catalogue";
import { age, oneDecimal, percent, twoDecimals, whole } from "../words/format";
import { dayTime, hoursMinutes } from "./day_clock";
import { meanOf } from "./day_state";
import type { RoundsModel } from "./rounds_model";

const AGE_STEP_MS = 200;

export interface StripActions {
  toggleTheme(): void;
  toggleHelp(): void;
}

export class RoundsStrip {
  readonly root: HTMLElement;
  private readonly date = el("span", { class: "figure-label" });
  private readonly time = el("span", { class: "stat-value", "data-testid": "day-time" });
  private readonly done = new Figure("collections", words.rounds.strip.collections);
  private readonly overtime = new Figure("overtime", words.rounds.strip.overtime);
  private readonly cost = new Figure("cost", words.rounds.strip.cost, words.rounds.strip.costHint);
  private readonly distance = new Figure("distance", words.rounds.strip.distance);
  private readonly missed = new Figure("missed", words.rounds.strip.missed);
  private readonly vehicles = new Figure("vehicles", words.rounds.strip.vehicles);
  private readonly progress = el("span", { class: "progress-fill" });
  private readonly age = el("span", { class: "stat-value", "data-testid": "picture-age" }, words.strip.unknown);
  private readonly connection = el("span", { class: "connection", "data-testid": "connection", role: "status" });
  private readonly theme: HTMLButtonElement;

  constructor(
    private readonly model: RoundsModel,
    actions: StripActions,
    exports: HTMLElement,
  ) {
    const { council } = model;
    const simulated = council.generated
      ? el("span", { class: "badge", title: words.rounds.strip.simulatedHint }, words.strip.simulated)
      : null;
    this.theme = keyButton("T", () => actions.toggleTheme());
    this.done.root.append(el("span", { class: "progress", "aria-hidden": "true" }, this.progress));
    this.root = el(
      "header",
      { class: "strip rounds-strip", "data-testid": "strip", "aria-label": words.rounds.strip.label },
      el(
        "div",
        { class: "strip-title" },
        el("h1", { title: council.name }, council.name),
        el("span", { class: "figure-row" }, this.time, this.date, simulated),
      ),
      this.done.root,
      this.overtime.root,
      this.cost.root,
      this.distance.root,
      this.missed.root,
      this.vehicles.root,
      el(
        "div",
        { class: "stat grow" },
        el("span", { class: "stat-row" }, el("span", { class: "stat-name" }, words.strip.picture), this.age),
        this.connection,
      ),
      el(
        "div",
        { class: "strip-buttons" },
        exports,
        this.theme,
        keyButton("?", () => actions.toggleHelp(), words.strip.help),
      ),
    );
    model.on(["day"], () => this.render());
    model.on(["health"], () => this.renderHealth());
    model.on(["theme"], () => this.renderTheme());
    window.setInterval(() => this.renderAge(), AGE_STEP_MS);
    this.renderHealth();
    this.renderTheme();
  }

  private render(): void {
    const { day, council } = this.model;
    if (!day) return;
    // A date of the council's own calendar: noon is the same day in every time zone.
    if (day.date !== null) {
      // A date of the council's own calendar: noon is the same day in every time zone.
      setText(this.date, words.rounds.day(new Date(`${day.date}T12:00:00Z`), council.timezone));
      setText(this.time, dayTime(day.now_s));
    }
    if (day.figures) this.renderFigures(day.figures);
    const inService = day.rounds.filter((r) => r.status === "in_service").length;
    this.vehicles.show(whole(inService), words.rounds.strip.ofAll(day.rounds.length));
    this.vehicles.mark(inService < day.rounds.length);
  }

  private renderFigures(figures: Figures): void {
    const planned = figures.collections;
    const share = planned > 0 ? figures.collections_done / planned : 0;
    const said = words.rounds.strip;
    this.done.show(whole(figures.collections_done), `${said.ofPlanned(whole(planned))} · ${percent(share)} %`);
    this.progress.style.width = `${Math.round(share * 100)}%`;
    const weeks = figures.past.length > 0 ? figures.past : this.model.council.past;
    const { plan } = figures;
    const beside = (text: (n: number) => string, ofPlan: (p: DayTotals) => number, ofWeek: (w: PastWeek) => number) => {
      const mean = meanOf(weeks, ofWeek);
      const none = words.strip.unknown;
      return said.compared(plan ? text(ofPlan(plan)) : none, mean === null ? none : text(mean));
    };
    const fill = (figure: Figure, text: (n: number) => string, of: (p: DayTotals) => number, ofWeek: (w: PastWeek) => number) => {
      figure.show(text(of(figures)), beside(text, of, ofWeek));
      // What reads the same is not marked as worse.
      figure.mark(plan !== null && of(figures) > of(plan) && text(of(figures)) !== text(of(plan)));
    };
    fill(this.overtime, hoursMinutes, (f) => f.overtime_s, (w) => w.overtime_h * 3_600);
    fill(this.cost, twoDecimals, (f) => f.cost_per_collection, (w) => w.cost_per_collection);
    fill(this.distance, kilometres, (f) => f.dist_m / 1_000, (w) => w.distance_km);
    fill(this.missed, twoDecimals, (f) => f.missed_per_1000, (w) => w.missed_per_1000);
    // None is planned to be missed: what is usual is the measure.
    const usual = meanOf(weeks, (w) => w.missed_per_1000);
    this.missed.mark(usual !== null && figures.missed_per_1000 > usual);
  }

  private renderHealth(): void {
    const { connection } = this.model.health;
    setText(this.connection, words.connection[connection]);
    setAttribute(this.connection, "data-state", connection);
  }

  private renderAge(): void {
    const seconds = shownAgeS(this.model.health, Date.now());
    setText(this.age, seconds === null ? words.strip.unknown : words.strip.old(age(seconds)));
    setAttribute(this.age, "data-seconds", seconds === null ? null : seconds.toFixed(1));
  }

  private renderTheme(): void {
    const label = words.strip.theme(this.model.dark);
    setAttribute(this.theme, "aria-label", label);
    setAttribute(this.theme, "title", label);
  }
}

function kilometres(km: number): string {
  return km < 100 ? oneDecimal(km) : whole(km);
}

/** A large figure, its name, and what it is compared with. Worse than planned is said by a mark as well. */
class Figure {
  private readonly value: HTMLElement;
  private readonly beside = el("span", { class: "figure-beside", title: words.rounds.strip.comparedHint });
  readonly root: HTMLElement;

  constructor(testId: string, label: string, hint?: string) {
    this.value = el("span", { class: "figure-value", "data-testid": testId }, words.strip.unknown);
    this.root = el(
      "div",
      { class: "figure" },
      el("span", { class: "figure-label", title: hint }, label),
      el("span", { class: "figure-row" }, this.value, this.beside),
    );
  }

  show(value: string, beside: string): void {
    setText(this.value, value);
    setText(this.beside, beside);
  }

  mark(worse: boolean): void {
    setAttribute(this.root, "data-worse", worse);
  }
}

function keyButton(label: string, run: () => void, title?: string): HTMLButtonElement {
  const node = el("button", { type: "button", class: "strip-button", title, "aria-label": title }, keyCap(label));
  node.addEventListener("click", run);
  return node;
}
