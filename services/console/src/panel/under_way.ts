/** Moves that were accepted and are no longer in the list: what the crews are doing about them. */
import { el, setAttribute } from "../dom/element";
import type { Commands } from "../state/commands";
import type { ConsoleModel } from "../state/console_model";
import type { Desk } from "../state/desk";
import { EndedMoves } from "../state/ended_moves";
import { underWay, type UnderWay } from "../state/move_progress";
import { words } from "../words/catalogue";
import { action } from "./move_card";
import { progressLine, stationName } from "./move_words";

export class UnderWayList {
  private readonly list = el("ul", { class: "under-way", "aria-label": words.underWay.heading });
  readonly root = el(
    "section",
    { class: "block", hidden: true, "aria-label": words.underWay.heading, "data-testid": "under-way" },
    el("div", { class: "block-head" }, el("h2", {}, words.underWay.heading)),
    this.list,
  );
  private readonly ended = new EndedMoves();
  private readonly rows = new Map<string, { node: HTMLElement; signature: string }>();

  constructor(
    private readonly model: ConsoleModel,
    private readonly commands: Commands,
    private readonly desk: Desk,
  ) {
    this.list.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("[data-action=undo]") : null;
      const id = button?.closest<HTMLElement>("[data-move-id]")?.dataset["moveId"];
      if (id !== undefined) this.commands.undo(id, event.detail === 0);
    });
    model.on(["picture", "plan", "desk"], () => this.render());
  }

  private render(): void {
    const { picture } = this.model;
    if (!picture) return;
    const nowMs = Date.now();
    this.ended.note(underWay(picture, new Set()), nowMs);
    const kept = (id: string) => this.ended.isFresh(id, nowMs);
    const shown = new Set(this.model.moves.map((m) => m.move_id));
    const items = underWay(picture, shown, kept).filter((item) => this.ended.isListed(item, nowMs));
    this.root.hidden = items.length === 0;
    const ids = new Set(items.map((i) => i.move.move_id));
    for (const [id, row] of this.rows) {
      if (ids.has(id)) continue;
      row.node.remove();
      this.rows.delete(id);
    }
    items.forEach((item, at) => this.place(this.row(item, picture.asOf), at));
  }

  private row(item: UnderWay, asOf: string): HTMLElement {
    const { move, progress } = item;
    const row = this.rows.get(move.move_id) ?? { node: this.makeRow(move.move_id), signature: "" };
    this.rows.set(move.move_id, row);
    setAttribute(row.node, "data-state", progress.phase);
    const status = this.model.picture?.appliances.get(move.appliance)?.status;
    const to = stationName(this.model.stations, move.to_station);
    const aside = (status && words.phases.calledAway[status]) ?? words.phases.turnedAside;
    const line =
      progress.phase === "overtaken" ? words.phases.openAgain(aside, to) : progressLine(progress, asOf);
    const pending = this.desk.pending(move.move_id);
    const refusal = pending?.stage === "refused" ? pending.detail : null;
    const sending = pending?.stage === "sending";
    const signature = JSON.stringify([line, refusal, sending]);
    if (row.signature !== signature) {
      row.signature = signature;
      const title = el(
        "span",
        { class: "move-title" },
        el("b", { class: "callsign" }, move.appliance),
        ` → ${to}`,
      );
      const parts: HTMLElement[] = [
        title,
        el("span", { class: "move-progress" }, sending ? words.phases.sending : line),
      ];
      if (progress.undoable) parts.push(action("undo", "U", words.moves.undo, "", sending));
      if (refusal) parts.push(el("p", { class: "move-refused", role: "alert" }, refusal));
      row.node.replaceChildren(...parts);
    }
    return row.node;
  }

  private makeRow(moveId: string): HTMLElement {
    return el("li", { "data-testid": "move", "data-move-id": moveId });
  }

  private place(node: HTMLElement, at: number): void {
    if (this.list.children[at] !== node) this.list.insertBefore(node, this.list.children[at] ?? null);
  }
}
