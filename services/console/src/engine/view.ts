/**
 * Starts the Engine room: polls the service's metrics and readiness, and shows the figures of the last while.
 * Called by main where the page is asked for `?view=engine`. The only file that knows all the parts of it.
 */
import "../style/engine.css";
import type { AreaName } from "../api/types";
import { el, setText } from "../dom/element";
import { keepTheme } from "../state/theme";
import { ViewSwitch } from "../strip/view_switch";
import { words } from "../words/catalogue";
import { ageWhole } from "../words/format";
import { EngineClient, type Readiness } from "./engine_client";
import { areaNames, figuresOf, kept, scrape, together, type AreaFigures, type Scrape } from "./engine_figures";
import { areaTable, deadLetters, quantileWords, rate, stageTable } from "./engine_tables";

const POLL_MS = 2_000;
const WINDOW_MS = 60_000;
const said = words.engine;

export class EngineRoom {
  readonly root = el("main", { class: "engine", tabindex: "-1" });
  readonly strip: HTMLElement;
  private readonly state = figure(said.strip.state);
  private readonly events = figure(said.strip.events);
  private readonly plans = figure(said.strip.plans);
  private readonly lag = figure(said.strip.lag);
  private readonly p99 = figure(said.strip.p99);
  private readonly consoles = figure(said.strip.consoles);
  private readonly window = el("span", { class: "figure-label" });
  private readonly trouble = el("p", { class: "banner", role: "alert", hidden: true, "data-testid": "banner" });
  private readonly body = el("div", { class: "engine-body", "data-testid": "engine-body" }, said.waiting);
  private readonly choice = el("select", { id: "engine-area" });
  private scrapes: Scrape[] = [];
  private ready: Readiness | null = null;
  private shown = "";

  constructor(
    areas: readonly AreaName[],
    here: AreaName,
    private readonly client: EngineClient,
  ) {
    const boxes = [this.state, this.events, this.plans, this.lag, this.p99, this.consoles];
    this.strip = el(
      "header",
      { class: "strip", "aria-label": said.strip.label, "data-testid": "strip" },
      new ViewSwitch(areas, here, true).root,
      el("div", { class: "strip-title" }, el("h1", {}, said.title), this.window),
      ...boxes.map((one) => one.root),
    );
    this.choice.addEventListener("change", () => this.show());
    this.root.append(
      this.trouble,
      el("p", { class: "engine-choice" }, el("label", { for: "engine-area" }, `${said.area} `), this.choice),
      this.body,
      ...said.notes.map((note) => el("p", { class: "engine-note" }, note)),
    );
  }

  /** One poll; what cannot be had is said, and what was there stays. */
  async poll(nowMs: number): Promise<void> {
    try {
      const [text, ready] = await Promise.all([this.client.metrics(), this.client.readiness()]);
      this.ready = ready;
      this.scrapes = kept([...this.scrapes, scrape(text, nowMs)], nowMs, WINDOW_MS);
      this.trouble.hidden = true;
      this.show();
    } catch (error) {
      const last = this.scrapes.at(-1);
      const age = last === undefined ? null : ageWhole((nowMs - last.atMs) / 1000);
      this.trouble.hidden = false;
      setText(this.trouble, said.failed(error instanceof Error ? error.message : String(error), age));
    }
  }

  private show(): void {
    const now = this.scrapes.at(-1);
    const before = this.scrapes[0];
    if (now === undefined || before === undefined || now === before) return;
    const areas = areaNames(now).map((area) => figuresOf(area, now, before));
    this.offer(areas);
    const chosen = areas.find((one) => one.area === this.choice.value) ?? together(areas, said.all);
    setText(this.window, said.strip.window(Math.round((now.atMs - before.atMs) / 1000)));
    setText(this.state.value, this.ready?.status ?? said.none);
    setText(this.events.value, rate(chosen.eventsPerS));
    setText(this.plans.value, rate(chosen.plansPerS));
    setText(this.lag.value, String(chosen.lag));
    setText(this.p99.value, quantileWords(chosen.eventToPlan, 0.99));
    setText(this.consoles.value, String(chosen.consoles));
    this.body.replaceChildren(stageTable(chosen), areaTable(areas, this.ready?.areas ?? {}), deadLetters(areas));
  }

  /** The areas to choose from, written anew only where they have changed. */
  private offer(areas: readonly AreaFigures[]): void {
    const names = areas.map((one) => one.area);
    if (names.join("\n") === this.shown) return;
    this.shown = names.join("\n");
    const value = this.choice.value;
    const option = (name: string, word: string) => el("option", { value: name, selected: name === value }, word);
    this.choice.replaceChildren(option("", said.all), ...names.map((name) => option(name, name)));
  }
}

export function startEngine(host: HTMLElement, areas: readonly AreaName[], here: AreaName): void {
  document.title = `${said.title} · ${words.product}`;
  keepTheme({ dark: true, on: () => undefined });
  const room = new EngineRoom(areas, here, new EngineClient());
  host.classList.add("engine-view");
  host.replaceChildren(room.strip, room.root);
  const again = (): void => {
    void room.poll(Date.now()).finally(() => window.setTimeout(again, POLL_MS));
  };
  again();
}

function figure(label: string): { root: HTMLElement; value: HTMLElement } {
  const value = el("span", { class: "figure-value" }, said.none);
  return { value, root: el("div", { class: "figure" }, value, el("span", { class: "figure-label" }, label)) };
}
