/** One change as a card: what happened, which rounds it touches, the answers, what cannot be served and why. */
import type { Change, RoundsOption, RoundsProposal } from "../api/rounds_types";
import { el, keyCap } from "../dom/element";
import { words } from "../words/catalogue";
import { clock } from "../words/format";
import { changeTitle } from "./change_words";
import type { RoundsCommands, Sent } from "./commands";
import { effectsOf, NO_EFFECTS } from "./option_effects";
import { optionTable } from "./option_table";
import { roundChip } from "./round_chip";
import type { RoundsModel } from "./rounds_model";

const UNSERVED_SHOWN = 4;

export interface CardFacts {
  change: Change;
  selected: boolean;
  proposal: RoundsProposal | null;
  option: RoundsOption | null;
  waiting: boolean;
  sent: Sent | undefined;
}

export interface CardActions {
  model: RoundsModel;
  commands: RoundsCommands;
  adjust(): void;
}

export function changeCard(facts: CardFacts, actions: CardActions): HTMLElement {
  const { change, selected, sent } = facts;
  const card = el(
    "li",
    {
      class: "change",
      "data-testid": "change-card",
      "data-key": change.key,
      "data-kind": change.kind,
      "data-proposal": facts.proposal?.proposal_id ?? null,
      "data-revision": facts.proposal?.revision ?? null,
      "data-final": facts.proposal?.final ?? null,
      "aria-current": selected ? "true" : null,
    },
    head(change),
    touches(facts, actions.model),
    selected && change.conflict ? el("p", { class: "loses" }, `▲ ${words.rounds.conflicts[change.conflict] ?? change.conflict}`) : null,
    selected ? answers(facts, actions) : null,
    sent?.stage === "refused" ? el("p", { class: "move-refused", role: "alert" }, words.rounds.changes.refused(sent.why)) : null,
    selected ? buttons(facts, actions) : null,
  );
  card.addEventListener("click", () => actions.model.selectChange(change.key));
  return card;
}

function head(change: Change): HTMLElement {
  const { what, where } = changeTitle(change);
  const reports = change.reports > 1 ? el("span", { class: "badge" }, words.rounds.changes.reports(change.reports)) : null;
  return el(
    "div",
    { class: "change-head" },
    el("span", { class: "change-mark", "aria-hidden": "true" }, el("b", {}, "!")),
    el("span", { class: "change-title" }, el("b", {}, what), ` · ${where}`),
    reports,
    el("time", { datetime: change.at }, clock(change.at)),
  );
}

/** The rounds the selected answer changes, with how many stops each gets; where there is none, those it looks at. */
function touches({ change, option }: CardFacts, model: RoundsModel): HTMLElement {
  const effects = option ? effectsOf(option, model.places) : NO_EFFECTS;
  const vehicles = option ? [...effects.vehicles] : [...change.touches];
  if (change.vehicle !== null && !vehicles.includes(change.vehicle)) vehicles.unshift(change.vehicle);
  const gained = new Map<string, number>();
  for (const vehicle of effects.goesTo.values()) gained.set(vehicle, (gained.get(vehicle) ?? 0) + 1);
  return el(
    "div",
    { class: "change-touches" },
    vehicles.length > 0 ? el("span", { class: "hint" }, words.rounds.changes.touches) : null,
    ...vehicles.map((vehicle) => {
      const stops = gained.get(vehicle) ?? 0;
      const title = stops > 0 ? words.rounds.options.gains(vehicle, stops) : vehicle;
      return el("span", { class: "touched", title }, roundChip(model, vehicle), stops > 0 ? ` +${stops}` : null);
    }),
  );
}

function answers(facts: CardFacts, actions: CardActions): HTMLElement {
  const { proposal, option } = facts;
  if (!proposal) return el("p", { class: "hint" }, words.rounds.changes.waiting);
  return el(
    "div",
    {},
    optionTable(proposal, option?.key ?? null, (key) => {
      actions.model.selectChange(facts.change.key);
      actions.model.chooseOption(key);
    }),
    option && option.unserved.length > 0 ? unserved(option, actions.model) : null,
  );
}

function unserved(option: RoundsOption, model: RoundsModel): HTMLElement {
  const said = words.rounds.options;
  const rows = option.unserved.slice(0, UNSERVED_SHOWN).map((left) => {
    const stop = el("button", { type: "button", class: "link" }, left.stop);
    stop.addEventListener("click", (event) => {
      event.stopPropagation();
      model.selectStop(left.stop);
    });
    return el(
      "li",
      { "data-testid": "unserved", "data-codes": left.codes.join(" ") },
      stop,
      ` ${left.words}`,
      left.relaxation === null ? null : el("span", { class: "mend" }, ` ${said.mend(left.relaxation)}`),
    );
  });
  const more = option.unserved.length - rows.length;
  return el(
    "div",
    { class: "unserved" },
    el("b", { class: "loses" }, `▲ ${said.cannot(option.unserved.length)}`),
    el("ul", {}, ...rows),
    more > 0 ? el("span", { class: "hint" }, said.more(more)) : null,
  );
}

function buttons(facts: CardFacts, actions: CardActions): HTMLElement {
  const said = words.rounds.changes;
  const { commands, model } = actions;
  const sending = facts.sent?.stage === "sending";
  const action = (key: string, name: string, testId: string, run: () => void, more: { primary?: boolean; hint?: string } = {}) => {
    const primary = more.primary ?? false;
    const node = el(
      "button",
      {
        type: "button",
        class: `action${primary ? " primary" : ""}`,
        title: more.hint,
        "data-action": primary ? "accept" : null,
        "data-testid": testId,
        disabled: sending || (primary && !facts.option),
      },
      keyCap(key),
      name,
    );
    node.addEventListener("click", (event) => {
      event.stopPropagation();
      run();
    });
    return node;
  };
  const better = facts.waiting
    ? action("N", said.better, "better-answer", () => model.releaseWaiting(true))
    : el("span", { class: "hint" }, sending ? said.sending : !facts.proposal ? "" : facts.proposal.final ? said.final : said.improving);
  return el(
    "div",
    { class: "change-actions" },
    action("A", said.approve, "approve", () => void commands.approve(facts.change), { primary: true }),
    action("G", said.adjust, "adjust", () => actions.adjust(), { hint: said.adjustHint }),
    action("D", said.dismiss, "dismiss", () => commands.dismiss(facts.change)),
    better,
  );
}
