/**
 * One recommended move as a card. Its parts are replaced only when what they say changes, so that a click or a
 * focus is never lost under the finger. Clicks are handled by the list. Never decides.
 */
import type { Kind } from "../api/types";
import { el, keyCap, setAttribute } from "../dom/element";
import type { Progress } from "../state/move_progress";
import type { ListedMove } from "../state/preview";
import { REJECT_REASONS } from "../state/commands";
import { words } from "../words/catalogue";
import { minutes, oneDecimal, points, targetMinutes } from "../words/format";
import { gainList, gainsInSeconds, lossList, progressLine, stationName, type Stations } from "./move_words";
import { whyDetails } from "./move_why";

// A selected card says more; in the others all is said in two lines.
const GROUNDS_IN_FULL = 3;
const GROUNDS_IN_SHORT = 1;

export interface CardView {
  move: ListedMove;
  /** Whether it stands in a choice that is looked at instead of the recommended plan. */
  previewing: boolean;
  progress: Progress;
  selected: boolean;
  rejecting: boolean;
  why: boolean;
  /** The move's own kind: its shares are measured against that kind's targets. */
  kind: Kind;
  /** Whether the kind is named: the first kind goes without saying. */
  kindNamed: boolean;
  asOf: string;
}

export class MoveCard {
  readonly root: HTMLElement;
  private signature = "";

  constructor(
    readonly moveId: string,
    private readonly stations: Stations,
  ) {
    this.root = el("li", { class: "move", "data-testid": "move", "data-move-id": moveId, tabindex: -1 });
  }

  show(view: CardView): void {
    const { move, progress, selected } = view;
    setAttribute(this.root, "data-state", progress.phase);
    setAttribute(this.root, "data-rank", move.rank);
    setAttribute(this.root, "aria-current", selected ? "true" : null);
    setAttribute(this.root, "tabindex", selected ? 0 : -1);
    const line = progressLine(progress, view.asOf);
    const signature = JSON.stringify([
      move,
      progress.phase,
      progress.refusal,
      progress.undoable,
      line,
      selected,
      view.rejecting,
      view.why,
      view.previewing,
    ]);
    if (signature === this.signature) return;
    this.signature = signature;
    this.root.replaceChildren(...this.parts(view, line));
  }

  private parts(view: CardView, line: string): HTMLElement[] {
    const { move, selected, rejecting } = view;
    const why = selected && view.why && move.known && !rejecting;
    const parts = [this.head(view)];
    // The reasons name every ground: they stand in the place of the short words.
    if (!why && !isShort(view)) parts.push(this.effects(view));
    if (line) parts.push(el("p", { class: "move-progress", role: "status" }, line));
    if (view.progress.refusal) {
      parts.push(el("p", { class: "move-refused", role: "alert" }, view.progress.refusal));
    }
    if (rejecting) parts.push(rejectChoices());
    else if (selected || view.progress.undoable) parts.push(actions(view));
    // Last, however long it is: the buttons stay in view above it.
    if (why) parts.push(whyDetails(move, this.stations));
    return parts;
  }

  private head(view: CardView): HTMLElement {
    const { move, kind, kindNamed, previewing } = view;
    const name = (id: string) => stationName(this.stations, id);
    const gain = shownGain(move, kind);
    return el(
      "div",
      { class: "move-head" },
      el("span", { class: "rank", "aria-hidden": "true" }, String(move.rank)),
      el(
        "span",
        { class: "move-title" },
        el("b", { class: "callsign" }, move.appliance),
        kindNamed && el("span", { class: "kind" }, ` ${kind.name}`),
        ` ${name(move.from_station)} `,
        el("span", { class: "arrow", "aria-label": "to" }, "→"),
        ` ${name(move.to_station)}`,
      ),
      el(
        "span",
        { class: "move-line" },
        el("span", { class: "move-eta" }, `${minutes(move.travel_s)} ${words.moves.min}`),
        el("span", { class: "move-gain", title: move.known ? words.moves.pointsHint : null }, gain),
        isShort(view)
          ? this.losses(move)
          : el("span", { class: "move-reason" }, previewing ? previewReason(move) : shortReason(move)),
      ),
    );
  }

  private losses(move: ListedMove, shown = GROUNDS_IN_SHORT): HTMLElement {
    const text = lossList(this.stations, move.loses, shown);
    return effect(move.loses.length > 0 ? "loses" : "loses none", "▼", text);
  }

  private effects({ move, selected, rejecting }: CardView): HTMLElement {
    const full = selected && !rejecting;
    if (!move.known) return el("div", { class: "move-effects unknown" }, words.preview.effectsUnknown);
    const gains = full
      ? gainsInSeconds(this.stations, move.gains, GROUNDS_IN_FULL)
      : gainList(this.stations, move.gains, GROUNDS_IN_SHORT);
    return el(
      "div",
      { class: "move-effects" },
      effect("gains", "▲", gains),
      this.losses(move, full ? GROUNDS_IN_FULL : GROUNDS_IN_SHORT),
      full && move.rule !== null && effect("binds", "■", boundBy(move.rule)),
    );
  }
}

/** A card not selected says in two lines what it brings and who pays; in a preview, also whether it is recommended. */
function isShort({ move, selected, rejecting, previewing }: CardView): boolean {
  return !selected && !rejecting && !previewing && move.known;
}

function shortReason(move: ListedMove): string {
  return words.why.reason[move.reason] ?? move.reason;
}

function previewReason(move: ListedMove): string {
  return move.known ? words.preview.also : words.preview.only;
}

/** The rule that keeps a still better move from being made in this one's place. */
function boundBy(rule: string): string {
  return words.why.bound(words.why.ruleShort[rule] ?? rule);
}

/** What the move brings, in the share it is meant to raise. */
function shownGain(move: ListedMove, kind: Kind): string {
  if (!move.known) return words.preview.price(oneDecimal(move.cost));
  if (move.reason === "strengthens_second" && kind.two_needed) {
    return words.moves.withinSecond(points(move.second_share_gain), targetMinutes(kind.second_target_s));
  }
  return words.moves.within(points(move.first_share_gain), targetMinutes(kind.first_target_s));
}

function effect(name: string, mark: string, text: string): HTMLElement {
  return el("span", { class: name }, el("span", { class: "mark", "aria-hidden": "true" }, mark), text);
}

function actions({ move, progress, selected }: CardView): HTMLElement {
  const row = el("div", { class: "move-actions" });
  if (progress.phase === "recommended" || progress.phase === "sending") {
    const sending = progress.phase === "sending";
    row.append(
      action("accept", "A", words.moves.accept, "primary", sending),
      action("reject", "R", words.moves.reject, "", sending),
    );
  }
  if (progress.undoable) row.append(action("undo", "U", words.moves.undo, "primary", false));
  if (selected && move.known) row.append(action("why", "W", words.moves.why, "", false));
  return row;
}

export function action(name: string, key: string, label: string, kind: string, disabled: boolean): HTMLButtonElement {
  return el(
    "button",
    { type: "button", class: `action ${kind}`.trim(), "data-action": name, "data-testid": name, disabled },
    keyCap(key),
    label,
  );
}

function rejectChoices(): HTMLElement {
  const choices = REJECT_REASONS.map((reason, i) =>
    el(
      "button",
      {
        type: "button",
        class: "action reason",
        "data-action": "reason",
        "data-reason": reason,
        "data-testid": `reason-${reason}`,
      },
      keyCap(String(i + 1)),
      words.rejectReasons[reason],
    ),
  );
  const cancel = el(
    "button",
    { type: "button", class: "action", "data-action": "cancel", "data-testid": "reject-cancel" },
    keyCap("Esc"),
    words.moves.cancel,
  );
  return el(
    "div",
    { class: "reject", role: "group", "aria-label": words.moves.rejectQuestion, "data-testid": "reject-reasons" },
    el("div", { class: "reject-head" }, el("p", {}, words.moves.rejectQuestion), cancel),
    el("div", { class: "reject-grid" }, ...choices),
  );
}
