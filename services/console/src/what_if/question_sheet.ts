/**
 * The sheet of a what-if: an incident here needing n, or appliances off the run. Its fields are kept in place while
 * answers come. Never asks the service itself: it tells the desk.
 */
import { el, keyCap, setAttribute, setText } from "../dom/element";
import type { ConsoleModel } from "../state/console_model";
import { countsNow, type Mode } from "../state/what_if";
import type { WhatIfDesk } from "../state/what_if_desk";
import { words } from "../words/catalogue";
import { findAppliance, findStation } from "./finder";
import { NeedSteppers } from "./need_steppers";

const MODES: readonly Mode[] = ["incident", "off_run"];
const STATION_LIST = "what-if-stations";
const APPLIANCE_LIST = "what-if-appliances";

export class QuestionSheet {
  private readonly modes = new Map<Mode, HTMLButtonElement>();
  private readonly prompt = el("p", { class: "what-if-prompt" });
  private readonly place = el("p", { class: "what-if-place", hidden: true });
  private readonly placeName = el("b");
  private readonly offRun = el("div", { class: "what-if-chips", "data-testid": "what-if-off-run" });
  private readonly offered = el("div", { class: "what-if-chips", "data-testid": "what-if-offered" });
  private readonly problem = el("p", { class: "what-if-problem", role: "alert", hidden: true });
  private readonly stationForm: HTMLFormElement;
  private readonly applianceForm: HTMLFormElement;
  private readonly steppers: NeedSteppers;
  readonly root: HTMLElement;
  private signature = "";

  constructor(
    private readonly model: ConsoleModel,
    private readonly desk: WhatIfDesk,
  ) {
    this.steppers = new NeedSteppers(model, desk);
    const stations = model.region.stations.map((s) => el("option", { value: s.name }));
    const appliances = model.region.appliances.map((a) => el("option", { value: a.id }));
    this.stationForm = this.form(words.whatIf.station, STATION_LIST, stations, (typed) => this.takeStation(typed));
    this.applianceForm = this.form(words.whatIf.callsign, APPLIANCE_LIST, appliances, (typed) =>
      this.takeCallsign(typed),
    );
    const remove = el("button", { type: "button", class: "link" }, words.whatIf.removePlace);
    remove.addEventListener("click", () => desk.clearPlace());
    this.place.append(this.placeName, " ", remove);
    for (const chips of [this.offRun, this.offered]) chips.addEventListener("click", (event) => this.toggled(event));
    this.root = el(
      "div",
      { class: "what-if-sheet" },
      this.modeSwitch(),
      this.prompt,
      this.stationForm,
      this.applianceForm,
      this.offered,
      this.problem,
      this.place,
      this.steppers.root,
      this.offRun,
    );
    model.on(["what_if", "picture"], () => this.render());
  }

  private modeSwitch(): HTMLElement {
    const group = el("div", { class: "what-if-modes", role: "radiogroup", "aria-label": words.whatIf.modeLabel });
    for (const mode of MODES) {
      const button = el("button", { type: "button", role: "radio", "data-mode": mode }, words.whatIf.modes[mode]);
      button.addEventListener("click", () => {
        this.say("");
        this.desk.setMode(mode);
        // A callsign is what is typed next: its field takes the keys at once.
        this.render();
        if (mode === "off_run") this.applianceForm.querySelector("input")?.focus();
      });
      this.modes.set(mode, button);
      group.append(button);
    }
    return group;
  }

  private form(
    label: string,
    listId: string,
    options: HTMLElement[],
    take: (typed: string) => boolean,
  ): HTMLFormElement {
    const input = el("input", { type: "text", maxlength: 60, list: listId, placeholder: label, "aria-label": label });
    const form = el(
      "form",
      { class: "what-if-form" },
      input,
      el("datalist", { id: listId }, ...options),
      el("button", { type: "submit", class: "action" }, words.whatIf.set),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (input.value.trim() === "") return this.desk.ask();
      if (!take(input.value)) return;
      this.say("");
      input.value = "";
      // A place is named once, and the keys are the sheet's again; another callsign may follow.
      if (this.model.whatIf?.mode !== "off_run") input.blur();
    });
    return form;
  }

  private takeStation(typed: string): boolean {
    const station = findStation(this.model.region.stations, typed);
    if (station) this.desk.place({ lon: station.lon, lat: station.lat, name: station.name });
    else this.say(words.whatIf.noStation(typed.trim()));
    return station !== null;
  }

  private takeCallsign(typed: string): boolean {
    const appliance = findAppliance(this.model.region.appliances.map((a) => a.id), typed);
    if (appliance !== null) this.desk.toggleOffRun(appliance);
    else this.say(words.whatIf.noCallsign(typed.trim()));
    return appliance !== null;
  }

  private say(problem: string): void {
    this.problem.hidden = problem === "";
    setText(this.problem, problem);
  }

  private toggled(event: Event): void {
    const chip = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-appliance]") : null;
    if (chip) this.desk.toggleOffRun(chip.dataset["appliance"] ?? "");
  }

  private render(): void {
    const state = this.model.whatIf;
    if (!state) return;
    const { mode, question } = state;
    const offered = this.offeredAt(state.station);
    const signature = JSON.stringify([mode, question, state.station, offered]);
    if (signature === this.signature) return;
    this.signature = signature;
    const incident = mode === "incident";
    for (const [name, button] of this.modes) setAttribute(button, "aria-checked", String(name === mode));
    setText(this.prompt, incident ? words.whatIf.pressMap : words.whatIf.pressStation);
    this.prompt.hidden = incident && question.place !== null;
    this.stationForm.hidden = !incident || question.place !== null;
    this.applianceForm.hidden = incident;
    this.steppers.root.hidden = !incident && question.place === null;
    this.place.hidden = question.place === null;
    if (question.place) setText(this.placeName, words.whatIf.at(question.place.name));
    this.steppers.show(question.needs);
    this.offRun.replaceChildren(...question.offRun.map((id) => chip(id, true)));
    const name = this.model.stations.get(state.station ?? "")?.name ?? "";
    const rest = offered.filter((id) => !question.offRun.includes(id));
    const allTaken = offered.length > 0 && rest.length === 0;
    this.offered.hidden = incident || state.station === null || allTaken;
    this.offered.replaceChildren(
      el("span", {}, offered.length > 0 ? words.whatIf.standing(name) : words.whatIf.nothingStanding(name)),
      ...rest.map((id) => chip(id, false)),
    );
  }

  /** Appliances that could be supposed off the run at a station: those that stand there or are on their way to it. */
  private offeredAt(station: string | null): string[] {
    const all = [...(this.model.picture?.appliances.values() ?? [])];
    return all.filter((a) => a.station === station && countsNow(a)).map((a) => a.id);
  }
}

function chip(id: string, off: boolean): HTMLElement {
  const label = off ? words.whatIf.putBack(id) : words.whatIf.takeOff(id);
  return el(
    "button",
    { type: "button", class: off ? "chip off" : "chip", "data-appliance": id, "aria-label": label, title: label },
    off ? words.whatIf.offRun(id) : id,
    off && keyCap("×"),
  );
}
