/** The time-line with what stands around it: heading, filters, search, zoom, and the bar of the selected stop. */
import { el, keyCap, setAttribute, setText } from "../dom/element";
import { words } from "../words/catalogue";
import { find } from "./find";
import type { RoundsModel } from "./rounds_model";
import type { StopBar } from "./stop_bar";
import type { Timeline } from "./timeline";
import { filtered, type RowFilter } from "./timeline_rows";

const FILTERS: readonly RowFilter[] = ["all", "late", "touched"];

export class TimelinePanel {
  private readonly buttons = new Map<RowFilter, HTMLButtonElement>();
  private readonly input = el("input", {
    type: "search",
    placeholder: words.rounds.timeline.find,
    "aria-label": words.rounds.timeline.find,
    "data-testid": "find",
  });
  readonly root: HTMLElement;

  constructor(
    private readonly model: RoundsModel,
    private readonly timeline: Timeline,
    bar: StopBar,
    ...sheets: HTMLElement[]
  ) {
    const said = words.rounds.timeline;
    const filters = FILTERS.map((filter) => {
      const button = el("button", { type: "button", role: "radio", "data-testid": `filter-${filter}` });
      button.addEventListener("click", () => model.setFilter(filter));
      this.buttons.set(filter, button);
      return button;
    });
    const form = el("form", { class: "find", role: "search" }, this.input, keyCap("/"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.search();
    });
    this.root = el(
      "section",
      { class: "timeline-panel", "aria-label": said.heading },
      el(
        "div",
        { class: "timeline-head" },
        el("h2", {}, said.heading),
        el("div", { class: "segments", role: "radiogroup", "aria-label": said.filter }, ...filters),
        form,
        el(
          "div",
          { class: "segments" },
          zoomButton("−", said.zoomOut, () => timeline.zoomBy(false)),
          zoomButton("+", said.zoomIn, () => timeline.zoomBy(true)),
          zoomButton("⤢", said.whole, () => timeline.zoomWhole()),
        ),
      ),
      timeline.root,
      bar.root,
      ...sheets,
    );
    model.on(["day", "selection", "proposals"], () => this.render());
    this.render();
  }

  focusFind(): void {
    this.input.focus();
    this.input.select();
  }

  nextFilter(): void {
    this.model.setFilter(FILTERS[(FILTERS.indexOf(this.model.filter) + 1) % FILTERS.length] ?? "all");
  }

  private search(): void {
    const { model } = this;
    const text = this.input.value;
    const found = model.day ? find(text, model.stop, model.index, model.day, model.places) : null;
    if (!found) return model.notify(words.rounds.timeline.notFound(text.trim()));
    // A filter must not hide what was just found.
    if (model.filter !== "all") model.setFilter("all");
    if ("vehicle" in found) model.selectVehicle(found.vehicle);
    else model.selectStop(found.stop);
    this.timeline.canvas.focus();
  }

  private render(): void {
    const { rows, touched, filter } = this.model;
    for (const [name, button] of this.buttons) {
      const said = words.rounds.timeline[name];
      setText(button, said(filtered(rows, name, touched).length));
      setAttribute(button, "aria-checked", String(name === filter));
    }
  }
}

function zoomButton(sign: string, label: string, run: () => void): HTMLButtonElement {
  const button = el("button", { type: "button", title: label, "aria-label": label }, sign);
  button.addEventListener("click", run);
  return button;
}
