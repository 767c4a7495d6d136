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

// A selected card says more; in the others gains and losses share one line.
const GROUNDS_IN_FULL = 4;
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
    const parts = [this.head(view), this.effects(view)];
    if (line) parts.push(el("p", { class: "move-progress", role: "status" }, line));
    if (view.progress.refusal) {
      parts.push(el("p", { class: "move-refused", role: "alert" }, view.progress.refusal));
    }
    if (view.rejecting) parts.push(rejectChoices());
    else if (view.selected || view.progress.undoable) parts.push(actions(view));
    // Last, however long it is: the buttons stay in view above it.
    if (view.selected && view.why && view.move.known) parts.push(whyDetails(view.move, this.stations));
    return parts;
  }

  private head({ move, kind, kindNamed, previewing }: CardView): HTMLElement {
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
        el("span", { class: "move-gain" }, gain),
        el("span", { class: "move-reason" }, previewing ? previewReason(move) : shortReason(move)),
      ),
    );
  }

  private effects({ move, selected }: CardView): HTMLElement {
    if (!move.known) return el("div", { class: "move-effects unknown" }, words.preview.effectsUnknown);
    const gains = selected
      ? gainsInSeconds(this.stations, move.gains, GROUNDS_IN_FULL)
      : gainList(this.stations, move.gains, GROUNDS_IN_SHORT);
    const loses = lossList(this.stations, move.loses, selected ? GROUNDS_IN_FULL : GROUNDS_IN_SHORT);
    return el(
      "div",
      { class: "move-effects" },
      effect("gains", "▲", selected && move.gains.length > 0 ? `${words.moves.gains} ${gains}` : gains),
      move.loses.length > 0
        ? effect("loses", "▼", selected ? `${words.moves.loses} ${loses}` : loses)
        : effect("loses none", "▼", loses),
      selected && move.rule !== null && effect("binds", "■", boundBy(move.rule)),
    );
  }
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
    el("p", {}, words.moves.rejectQuestion),
    el("div", { class: "reject-grid" }, ...choices, cancel),
  );
}
