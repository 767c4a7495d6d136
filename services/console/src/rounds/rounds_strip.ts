/**
 * The strip of the Rounds view: the day's figures against the morning's plan and past weeks, and how old they are.
 * Never decides.
 */
import type { Figures } from "../api/rounds_types";
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
    const { figures } = day;
    // A date of the council's own calendar: noon is the same day in every time zone.
    setText(this.date, words.rounds.day(new Date(`${day.date}T12:00:00Z`), council.timezone));
    setText(this.time, dayTime(day.now_s));
    const planned = figures.collections;
    const share = planned > 0 ? figures.collections_done / planned : 0;
    this.done.show(whole(figures.collections_done), `${words.rounds.strip.ofPlanned(whole(planned))} · ${percent(share)} %`);
    this.progress.style.width = `${Math.round(share * 100)}%`;
    const weeks = figures.past.length > 0 ? figures.past : council.past;
    const mean = (value: (w: (typeof weeks)[number]) => number, text: (n: number) => string) => {
      const of = meanOf(weeks, value);
      return of === null ? words.strip.unknown : text(of);
    };
    const { plan } = figures;
    const { compared } = words.rounds.strip;
    this.overtime.show(hoursMinutes(figures.overtime_s), compared(hoursMinutes(plan.overtime_s), mean((w) => w.overtime_h * 3_600, hoursMinutes)));
    this.overtime.mark(figures.overtime_s > plan.overtime_s + 60);
    this.cost.show(twoDecimals(figures.cost_per_collection), compared(twoDecimals(plan.cost_per_collection), mean((w) => w.cost_per_collection, twoDecimals)));
    this.cost.mark(figures.cost_per_collection > plan.cost_per_collection * 1.005);
    this.distance.show(kilometres(figures), compared(kilometres(plan), mean((w) => w.distance_km, whole)));
    this.missed.show(twoDecimals(figures.missed_per_1000), compared(twoDecimals(plan.missed_per_1000), mean((w) => w.missed_per_1000, twoDecimals)));
    this.missed.mark(figures.missed_per_1000 > plan.missed_per_1000);
    const inService = day.rounds.filter((r) => r.status === "in_service").length;
    this.vehicles.show(whole(inService), words.rounds.strip.ofAll(day.rounds.length));
    this.vehicles.mark(inService < day.rounds.length);
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

function kilometres(figures: Pick<Figures, "dist_m">): string {
  const km = figures.dist_m / 1_000;
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
