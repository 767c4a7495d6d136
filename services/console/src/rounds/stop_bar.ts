/**
 * The bar under the time-line: what is known of the selected stop or vehicle, and what can be done with it by hand.
 * Never decides: buttons and keys go to the commands.
 */
import type { Round } from "../api/rounds_types";
import { el, keyCap } from "../dom/element";
import { words } from "../words/catalogue";
import { percent, whole } from "../words/format";
import type { RoundsCommands } from "./commands";
import { dayTime, timeChange } from "./day_clock";
import { overtimeOf } from "./day_state";
import { roundChip } from "./round_chip";
import type { RoundsModel } from "./rounds_model";

export interface BarActions {
  openMove(): void;
  openAdd(): void;
  sheetUrl(vehicle: string): string;
}

export class StopBar {
  readonly root = el("div", { class: "stop-bar", "data-testid": "stop-bar" });
  private said = "";

  constructor(
    private readonly model: RoundsModel,
    private readonly commands: RoundsCommands,
    private readonly actions: BarActions,
  ) {
    model.on(["day", "selection", "desk", "theme"], () => this.render());
    this.render();
  }

  private render(): void {
    const { stop, vehicle, day, dark } = this.model;
    const round = day?.rounds.find((r) => r.vehicle === vehicle) ?? null;
    const lines = stop !== null ? this.stopFacts(stop) : round ? vehicleFacts(round) : [];
    const locked = stop === null ? undefined : day?.locks[stop];
    const skipped = stop !== null && (day?.skipped.includes(stop) ?? false);
    const key = stop ?? vehicle ?? "";
    const sent = this.commands.sentFor(key);
    const said = JSON.stringify([stop, vehicle, round?.letter, round?.status, lines, locked, skipped, sent, dark]);
    if (said === this.said) return;
    this.said = said;
    const facts = el(
      "div",
      { class: "stop-facts", role: "status" },
      round ? roundChip(this.model, round.vehicle) : null,
      ...lines.map((line, i) => el(i === 0 ? "b" : "span", {}, line)),
      lines.length === 0 ? el("span", { class: "hint" }, words.rounds.stop.none) : null,
    );
    const failed = sent?.stage === "refused" ? el("p", { class: "move-refused", role: "alert" }, words.rounds.changes.refused(sent.why)) : null;
    this.root.replaceChildren(facts, el("div", { class: "stop-actions" }, ...this.buttons(round)), ...(failed ? [failed] : []));
  }

  private stopFacts(stop: string): string[] {
    const { model } = this;
    const said = words.rounds.stop;
    const facts = model.index.stop(stop, model.day);
    const place = model.places.get(stop);
    const lock = model.day?.locks[stop];
    const begin = place ? place.round.begin_s[place.index] : undefined;
    return [
      [stop, facts?.street].filter(Boolean).join(" · "),
      facts && facts.households > 0 ? said.households(facts.households) : "",
      model.day?.skipped.includes(stop) ? said.skipped : "",
      place === undefined && model.day?.unserved.includes(stop) ? said.unserved : "",
      model.day?.added.some((a) => a.stop === stop) ? said.added : "",
      place?.done ? said.done : begin === undefined || begin === null ? "" : said.planned(dayTime(begin)),
      lock === undefined ? "" : said.locked(model.index.letter(lock)),
    ].filter((line) => line !== "");
  }

  private buttons(round: Round | null): HTMLElement[] {
    const { model, commands, actions } = this;
    const said = words.rounds.actions;
    const buttons: HTMLElement[] = [];
    const add = (key: string, name: string, testId: string, run: () => void, disabled = false) => {
      const node = el("button", { type: "button", class: "action small", disabled, "data-testid": testId }, keyCap(key), name);
      node.addEventListener("click", run);
      buttons.push(node);
    };
    const { stop, day } = model;
    if (stop !== null && day) {
      const place = model.places.get(stop);
      const fixed = place === undefined || place.done;
      const skipped = day.skipped.includes(stop);
      add("M", said.move, "stop-move", () => actions.openMove(), fixed);
      add("L", day.locks[stop] === undefined ? said.lock : said.unlock, "stop-lock", () => commands.lockOrUnlock(), fixed);
      add("S", skipped ? said.back : said.skip, "stop-skip", () => commands.skipOrTakeBack(), fixed && !skipped);
      add("P", said.split, "stop-split", () => commands.split(), fixed);
    }
    if (stop === null && round) {
      const off = round.status === "in_service";
      add("O", off ? said.vehicleOff : said.vehicleBack, "vehicle-off", () => commands.vehicleOffOrBack());
      buttons.push(
        el("a", { class: "action small", href: actions.sheetUrl(round.vehicle), download: true, "data-testid": "vehicle-sheet" }, said.sheet),
      );
    }
    if (stop === null && !round) add("I", said.add, "stop-add", () => actions.openAdd());
    return buttons;
  }
}

function vehicleFacts(round: Round): string[] {
  const said = words.rounds.stop;
  const over = overtimeOf(round);
  const tip = round.next_tip === null ? undefined : round.begin_s[round.next_tip];
  return [
    `${round.vehicle} · ${words.rounds.status[round.status]}`,
    said.progress(round.stops_done, round.stops),
    round.finish_s === null ? "" : said.finish(dayTime(round.finish_s), dayTime(round.shift_end_s)),
    over > 0 ? `▲ ${said.over(timeChange(over).replace("+", ""))}` : "",
    Math.abs(round.delay_s) >= 60 ? said.delay(timeChange(round.delay_s).replace("+", "")) : "",
    ...Object.entries(round.capacity).map(([material, most]) => {
      const now = round.load[material] ?? 0;
      return `${said.load(material, whole(now), whole(most))} (${percent(most > 0 ? now / most : 0)} %)`;
    }),
    tip === undefined || tip === null ? "" : said.nextTip(dayTime(tip)),
  ].filter((line) => line !== "");
}
