/** The cards of the open changes. A card is made anew only when what it says has changed. */
import { el, setText } from "../dom/element";
import { words } from "../words/catalogue";
import { changeCard, type CardActions, type CardFacts } from "./change_card";

// More cards than this nobody reads; the heading tells how many there are.
const SHOWN = 60;

export class ChangeList {
  private readonly list = el("ol", { class: "changes", "aria-label": words.rounds.changes.heading, "data-testid": "changes" });
  private readonly count = el("span", { class: "hint", "data-testid": "change-count" });
  private readonly none = el("p", { class: "empty" }, words.rounds.changes.none);
  private readonly more = el("p", { class: "hint" });
  private readonly notice = el("p", { class: "notice", role: "status", hidden: true, "data-testid": "notice" });
  readonly root = el(
    "section",
    { class: "block changes-block", "aria-label": words.rounds.changes.heading },
    el("div", { class: "block-head" }, el("h2", {}, words.rounds.changes.heading), this.count),
    this.notice,
    this.none,
    this.list,
    this.more,
  );
  private readonly cards = new Map<string, { facts: string; node: HTMLElement }>();
  private selected: string | null = null;

  constructor(private readonly actions: CardActions) {
    const { model } = actions;
    model.on(["day", "proposals", "selection", "desk", "theme"], () => this.render());
    model.on(["notice"], () => {
      this.notice.hidden = model.notice === null;
      setText(this.notice, model.notice ?? "");
    });
    this.list.addEventListener("pointermove", () => model.pointAt());
  }

  private render(): void {
    const { model } = this.actions;
    const { changes } = model;
    setText(this.count, words.rounds.changes.count(changes.length));
    this.none.hidden = changes.length > 0 || model.day === null;
    this.more.hidden = changes.length <= SHOWN;
    setText(this.more, words.rounds.options.more(changes.length - SHOWN));
    const shown = changes.filter((c, i) => i < SHOWN || c.key === model.changeKey);
    const nodes = shown.map((change) => this.card(change.key));
    for (const key of this.cards.keys()) if (!shown.some((c) => c.key === key)) this.cards.delete(key);
    place(this.list, nodes);
    if (this.selected !== model.changeKey) {
      this.selected = model.changeKey;
      const card = this.cards.get(model.changeKey ?? "");
      card?.node.scrollIntoView({ block: "nearest" });
    }
  }

  private card(key: string): HTMLElement {
    const { model, commands } = this.actions;
    const change = model.changes.find((c) => c.key === key);
    if (!change) throw new Error(`no open change ${key}`);
    const facts: CardFacts = {
      change,
      selected: key === model.changeKey,
      proposal: model.shelf.of(change),
      option: model.optionFor(change),
      waiting: model.shelf.isWaiting(key),
      sent: commands.sentFor(key),
    };
    const { proposal, option, ...others } = facts;
    const said = JSON.stringify([others, proposal?.proposal_id, proposal?.revision, option?.key, model.dark]);
    const kept = this.cards.get(key);
    if (kept?.facts === said) return kept.node;
    const node = changeCard(facts, this.actions);
    if (kept?.node.contains(document.activeElement)) window.setTimeout(() => refocus(node, document.activeElement));
    this.cards.set(key, { facts: said, node });
    return node;
  }
}

function refocus(card: HTMLElement, active: Element | null): void {
  if (active === document.body || active === null) card.querySelector<HTMLElement>("[aria-checked=true]")?.focus({ preventScroll: true });
}

/** Puts the nodes in order, and touches only those that are not where they belong. */
function place(list: HTMLElement, nodes: readonly HTMLElement[]): void {
  const wanted = new Set<Element>(nodes);
  for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
  for (const [i, node] of nodes.entries()) if (list.children[i] !== node) list.insertBefore(node, list.children[i] ?? null);
}
