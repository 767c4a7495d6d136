/**
 * The strip: cover now, the last hour, what is available, how old and how good the picture is.
 * Always shows the newest figures, also while the list is held. Never decides.
 */
import { el, keyCap, setAttribute, setText } from "../dom/element";
import type { Commands } from "../state/commands";
import type { ConsoleModel } from "../state/console_model";
import { NO_EVENTS_YET } from "../state/picture_state";
import { shownAgeS } from "../state/health";
import { words } from "../words/catalogue";
import { age, clock, percent, targetMinutes } from "../words/format";
import { certificateWords } from "../words/certificate";
import { RaisedSign } from "./raised_sign";
import { Sparkline } from "./sparkline";

// The age is written in tenths of a second; more often than this nobody can read it.
const AGE_STEP_MS = 200;

export class Strip {
  readonly root: HTMLElement;
  private readonly first = figure("cover-first");
  private readonly second = figure("cover-second");
  private readonly available = el("span", { class: "figure-value", "data-testid": "available" }, words.strip.unknown);
  private readonly incidents = el("span", { class: "figure-label" });
  private readonly age = el("span", { class: "stat-value", "data-testid": "picture-age" }, words.strip.unknown);
  private readonly clock = el("span", { class: "figure-label" });
  private readonly certificate = el("span", { class: "stat-value", "data-testid": "certificate" }, words.strip.none);
  private readonly connection = el("span", { class: "connection", "data-testid": "connection", role: "status" });
  private readonly sparkline = new Sparkline();
  private readonly theme: HTMLButtonElement;

  constructor(
    private readonly model: ConsoleModel,
    commands: Commands,
    help: { toggle(): void },
  ) {
    const { region, kind } = model;
    const first = targetMinutes(kind.first_target_s);
    const second = targetMinutes(kind.second_target_s);
    this.theme = button("T", () => commands.toggleTheme());
    this.root = el(
      "header",
      { class: "strip", "data-testid": "strip", "aria-label": words.strip.label },
      this.title(region.name, region.generated),
      figureBox(this.first, words.strip.first(first), words.strip.firstHint(kind.name, first)),
      figureBox(this.second, words.strip.second(second), words.strip.secondHint(kind.name, second)),
      el(
        "div",
        { class: "strip-spark" },
        this.sparkline.root,
        el("span", { class: "figure-label" }, words.strip.lastHour),
      ),
      el("div", { class: "figure" }, this.available, this.incidents),
      el(
        "div",
        { class: "stat grow" },
        el("span", { class: "stat-row" }, el("span", { class: "stat-name" }, words.strip.picture), this.age),
        el("span", { class: "stat-row" }, this.certificate),
      ),
      new RaisedSign(model).root,
      el("div", { class: "stat" }, this.connection, this.clock),
      el(
        "div",
        { class: "strip-buttons" },
        this.theme,
        button("?", () => help.toggle(), words.strip.help),
      ),
    );
    model.on(["plan"], () => this.renderPlan());
    model.on(["picture"], () => this.renderPicture());
    model.on(["health"], () => this.renderHealth());
    model.on(["theme"], () => this.renderTheme());
    this.renderTheme();
    this.renderHealth();
    window.setInterval(() => this.renderAge(), AGE_STEP_MS);
  }

  private title(name: string, generated: boolean): HTMLElement {
    const badge =
      generated &&
      el(
        "span",
        { class: "badge", title: words.strip.simulatedHint, "data-testid": "simulated" },
        words.strip.simulated,
      );
    return el("div", { class: "strip-title" }, el("h1", {}, name), badge);
  }

  private renderPlan(): void {
    const plan = this.model.latestPlan;
    if (!plan) return;
    fill(this.first, plan.before.first_share, plan.after.first_share, plan.moves.length > 0);
    fill(this.second, plan.before.second_share, plan.after.second_share, plan.moves.length > 0);
    setText(this.certificate, certificateWords(plan.certificate, plan.gap));
    setAttribute(this.certificate, "data-certificate", plan.certificate);
    this.sparkline.show(this.model.history);
  }

  private renderPicture(): void {
    const { picture } = this.model;
    if (!picture) return;
    setText(this.available, `${picture.counts.available}/${picture.counts.total}`);
    setText(this.incidents, `${words.strip.available} · ${words.strip.incidents(picture.counts.open_incidents)}`);
    setText(this.clock, picture.asOf === NO_EVENTS_YET ? words.strip.noEvents : clock(picture.asOf));
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

interface FigureNodes {
  value: HTMLElement;
  after: HTMLElement;
}

function figure(testId: string): FigureNodes {
  return {
    value: el("span", { class: "figure-value key", "data-testid": testId }, words.strip.unknown),
    after: el("span", { class: "figure-after", title: words.strip.ifAcceptedHint }),
  };
}

function figureBox(nodes: FigureNodes, label: string, hint: string): HTMLElement {
  return el(
    "div",
    { class: "figure" },
    el("span", { class: "figure-row" }, nodes.value, nodes.after),
    el("span", { class: "figure-label", title: hint }, label),
  );
}

function fill(nodes: FigureNodes, now: number, after: number, proposes: boolean): void {
  setText(nodes.value, `${percent(now)} %`);
  setAttribute(nodes.value, "data-share", now.toFixed(6));
  setText(nodes.after, proposes ? words.strip.ifAccepted(percent(after)) : "");
}

function button(label: string, run: () => void, title?: string): HTMLButtonElement {
  const node = el("button", { type: "button", class: "strip-button", title, "aria-label": title }, keyCap(label));
  node.addEventListener("click", run);
  return node;
}
