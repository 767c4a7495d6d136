/**
 * The list of recommended moves, doing nothing, and the chip for newer advice. Cards are kept by move, so that an
 * unchanged move stays put; a replaced list fades. Never decides: it hands clicks to the commands.
 */
import { el, keyCap, setAttribute, setText } from "../dom/element";
import type { RejectReason } from "../api/types";
import type { Commands } from "../state/commands";
import type { ConsoleModel } from "../state/console_model";
import { inSight, scrollBy, type Seen, type Sight, type Span } from "../state/sight";
import { words } from "../words/catalogue";
import { percent } from "../words/format";
import { changeWords } from "./choice_words";
import { MoveCard } from "./move_card";
import { PreviewBar } from "./preview_bar";

const FADE = [{ opacity: 0.25 }, { opacity: 1 }];
const FADE_MS = 350;

export class MovesList implements Sight {
  readonly root: HTMLElement;
  private readonly list = el("ol", { class: "moves", "aria-label": words.moves.list, "data-testid": "moves" });
  private readonly empty = el("p", { class: "empty", "data-testid": "no-moves" }, words.moves.waitingForPlan);
  private readonly notice = el("p", { class: "notice", role: "status", hidden: true });
  private readonly chip: HTMLButtonElement;
  private readonly heading = el("h2", {}, words.moves.heading);
  private readonly nothing = el("div", {
    class: "nothing",
    "data-testid": "do-nothing",
    title: words.doNothing.againstHint,
  });
  private cards = new Map<string, MoveCard>();
  private shownIds = "";
  /** What the selected card was last brought into view for. */
  private revealed = "";

  constructor(
    private readonly model: ConsoleModel,
    private readonly commands: Commands,
  ) {
    this.chip = el(
      "button",
      { type: "button", class: "chip", hidden: true, "data-testid": "newer", title: words.moves.newerHint },
      `${words.moves.newer} `,
      keyCap("N"),
    );
    this.chip.addEventListener("click", () => commands.showNewer());
    this.root = el(
      "section",
      { class: "block moves-block", "aria-label": words.moves.heading },
      el("div", { class: "block-head" }, this.heading, this.chip),
      new PreviewBar(model, commands).root,
      this.notice,
      this.empty,
      this.list,
      this.nothing,
    );
    this.listen();
    model.on(["plan", "picture", "selection", "desk"], () => {
      this.render();
      this.reveal();
    });
    commands.sight = this;
    // A list made lower by its neighbours must not hide the selected card; under the pointer nothing moves.
    new ResizeObserver(() => {
      if (!model.pointerOverList && model.selectedId !== null) this.scrollTo(model.selectedId);
    }).observe(this.list);
  }

  private listen(): void {
    const { model } = this;
    this.root.addEventListener("pointerenter", () => (model.pointerOverList = true));
    this.root.addEventListener("pointerleave", () => {
      model.pointerOverList = false;
      model.hover(null);
    });
    this.list.addEventListener("pointerover", (event) => model.hover(moveIdOf(event.target)));
    this.list.addEventListener("click", (event) => this.clicked(event));
    this.list.addEventListener("focusin", (event) => {
      const id = moveIdOf(event.target);
      if (id !== null && id !== model.selectedId) model.select(id, true);
    });
  }

  private clicked({ target, detail }: MouseEvent): void {
    const id = moveIdOf(target);
    if (id === null) return;
    const button = target instanceof Element ? target.closest<HTMLElement>("[data-action]") : null;
    if (!button) return this.model.select(id, false);
    // Enter on a focused button is a key too (no button of the mouse was counted): it needs the same care.
    const clickedId = detail === 0 && id === this.model.selectedId ? undefined : id;
    const run: Record<string, () => void> = {
      accept: () => this.commands.accept(clickedId),
      reject: () => this.commands.startReject(clickedId),
      undo: () => this.commands.undo(id, detail === 0),
      why: () => this.commands.toggleWhy(),
      cancel: () => this.commands.cancelReject(),
      reason: () => this.commands.reject(button.dataset["reason"] as RejectReason, clickedId),
    };
    run[button.dataset["action"] ?? ""]?.();
  }

  private render(): void {
    const { shelf, picture } = this.model;
    this.chip.hidden = shelf.waiting === null;
    this.notice.hidden = this.model.notice === null;
    setText(this.notice, this.model.notice ?? "");
    const { preview } = shelf;
    const previewHeading =
      preview?.kind === "alternative"
        ? words.preview.headingAlternative
        : words.preview.heading(this.model.moves.length);
    setText(this.heading, preview === null ? words.moves.heading : previewHeading);
    setAttribute(this.root, "data-preview", preview?.kind ?? null);
    const plan = shelf.shown;
    if (!plan || !picture) return;
    this.arrange();
    const { moves } = this.model;
    this.empty.hidden = moves.length > 0;
    setText(this.empty, preview === null ? words.moves.none : words.preview.none);
    for (const move of moves) {
      const progress = this.commands.progress(move.move_id);
      if (!progress) continue;
      this.cards.get(move.move_id)?.show({
        move,
        previewing: preview !== null,
        progress,
        selected: move.move_id === this.model.selectedId,
        rejecting: move.move_id === this.model.rejectingId,
        why: this.model.whyOpen,
        kind: this.model.kindOf(move.kind),
        kindNamed: move.kind !== this.model.kind.id,
        asOf: picture.asOf,
      });
    }
    this.renderNothing();
  }

  /** Puts the cards of the shown plan in order; fades when they are others than before. */
  private arrange(): void {
    const { moves } = this.model;
    const ids = moves.map((m) => m.move_id).join(" ");
    if (ids === this.shownIds) return;
    const first = this.shownIds === "";
    this.shownIds = ids;
    const next = new Map<string, MoveCard>();
    for (const move of moves) {
      next.set(move.move_id, this.cards.get(move.move_id) ?? new MoveCard(move.move_id, this.model.stations));
    }
    const stayed = new Set(moves.filter((m) => this.cards.has(m.move_id)).map((m) => m.move_id));
    this.cards = next;
    this.list.replaceChildren(...[...next.values()].map((card) => card.root));
    if (first) return;
    for (const [id, card] of next)
      if (!stayed.has(id)) card.root.animate(FADE, { duration: FADE_MS, easing: "ease-out" });
  }

  private renderNothing(): void {
    const plan = this.model.shelf.shown;
    if (!plan) return;
    const change = plan.before.first_share - plan.after.first_share;
    const against = plan.moves.length === 0 ? words.doNothing.best : changeWords(change, this.model.kind);
    const parts = [
      ["nothing-name", words.doNothing.heading],
      ["nothing-share", words.doNothing.share(percent(plan.before.first_share))],
      ["nothing-price", against],
    ] as const;
    if (this.nothing.childElementCount === 0) {
      this.nothing.append(
        el("span", { class: "rank hollow", "aria-hidden": "true" }, "0"),
        ...parts.map(([name]) => el("span", { class: name })),
      );
    }
    this.nothing.toggleAttribute("data-best", plan.moves.length === 0);
    for (const [name, text] of parts) {
      const node = this.nothing.querySelector(`.${name}`);
      if (node) setText(node, text);
    }
  }

  /** Follows every change of the selection, of the list, and of what the selected card says. */
  private reveal(): void {
    const { selectedId, whyOpen, rejectingId, regardSelected } = this.model;
    if (selectedId === null) return;
    const phase = this.commands.progress(selectedId)?.phase;
    const reason = [this.shownIds, selectedId, whyOpen, rejectingId, phase].join("|");
    if (reason === this.revealed) return;
    this.revealed = reason;
    this.scrollTo(selectedId);
    const card = this.cards.get(selectedId)?.root;
    const focused = document.activeElement;
    if (regardSelected && card && focused?.closest(".moves") && !card.contains(focused)) {
      card.focus({ preventScroll: true });
    }
    setAttribute(this.list, "data-selected", selectedId);
  }

  isSeen(moveId: string): boolean {
    // A key may come before the list has been drawn for the last one.
    this.render();
    const seen = this.seen(moveId);
    return seen !== null && inSight(seen);
  }

  bringIntoView(moveId: string): void {
    // A notice just given takes room from the list: drawn first, then measured.
    this.render();
    this.scrollTo(moveId);
  }

  private scrollTo(moveId: string): void {
    const seen = this.seen(moveId);
    const card = this.cards.get(moveId)?.root;
    if (!seen || !card) return;
    const whole = spanOf(card);
    const fits = whole.bottom - whole.top <= seen.view.bottom - seen.view.top;
    // The reasons asked for stand below the buttons: where not all fits, the head goes to the top.
    const all = fits || (this.model.whyOpen && moveId === this.model.selectedId && this.model.rejectingId === null);
    this.list.scrollTop += scrollBy(all ? whole : seen.needed, seen.view);
  }

  private seen(moveId: string): Seen | null {
    const card = this.cards.get(moveId)?.root;
    const head = card?.querySelector(".move-head");
    if (!card || !head) return null;
    const list = spanOf(this.list);
    const view = { top: Math.max(0, list.top), bottom: Math.min(window.innerHeight, list.bottom) };
    const last = card.querySelector(".move-actions, .reject") ?? card;
    return { needed: { top: spanOf(head).top, bottom: spanOf(last).bottom }, head: spanOf(head), view };
  }
}

function spanOf(node: Element): Span {
  const { top, bottom } = node.getBoundingClientRect();
  return { top, bottom };
}

function moveIdOf(target: EventTarget | null): string | null {
  const card = target instanceof Element ? target.closest<HTMLElement>("[data-move-id]") : null;
  return card?.dataset["moveId"] ?? null;
}
