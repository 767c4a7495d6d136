/**
 * Another choice than the recommended moves, looked at before deciding: fewer or more moves, or a next-best plan.
 * Pure: what such a choice holds, what it gives up, and whether a newer plan still offers it.
 */
import type { MoveName } from "../api/advice";
import type { FrontierPoint, Lonlat, Plan, PlanMove } from "../api/types";

/** Which choice is looked at; an alternative goes by its moves, for its place in the list may change. */
export type Preview = { kind: "moves"; moves: number } | { kind: "alternative"; key: string };

export interface Choice {
  moves: readonly MoveName[];
  objective: number;
  first_share: number;
  second_share: number;
}

/** A move as listed: `known` where the service has worked out what it brings, by ground. */
export interface ListedMove extends PlanMove {
  known: boolean;
}

/** A choice against the recommended plan: positive objective is worse, positive shares are better. */
export interface Against {
  objective: number;
  first: number;
  second: number;
}

const NO_ROUTE: Lonlat[] = [];

export function keyOf(moves: readonly { move_id: string }[]): string {
  return moves
    .map((m) => m.move_id)
    .sort()
    .join(" ");
}

/** The moves of a frontier point by name; null where the plan does not say enough to name them all. */
export function namedMoves(plan: Plan, point: FrontierPoint): MoveName[] | null {
  if (point.named && point.named.length === point.move_ids.length) return point.named;
  const moves = point.move_ids.flatMap((id) => plan.moves.find((m) => m.move_id === id) ?? []);
  return moves.length === point.move_ids.length ? moves : null;
}

/** What the previewed choice holds in this plan, or null where the plan has no such choice. */
export function choiceOf(plan: Plan, preview: Preview): Choice | null {
  if (preview.kind === "alternative") {
    return plan.alternatives?.find((a) => keyOf(a.moves) === preview.key) ?? null;
  }
  const point = plan.frontier.find((p) => p.moves === preview.moves);
  const moves = point ? namedMoves(plan, point) : null;
  return point && moves ? { ...point, moves } : null;
}

/** Whether the choice is the recommended plan itself: then there is nothing to preview. */
export function isRecommended(plan: Plan, choice: Choice): boolean {
  return keyOf(choice.moves) === keyOf(plan.moves);
}

/** The moves as the list and the map show them: those of the recommended plan with all that is known of them. */
export function listedMoves(plan: Plan, choice: Choice): ListedMove[] {
  return choice.moves.map((name, i) => {
    const known = plan.moves.find((m) => m.move_id === name.move_id);
    if (known) return { ...known, rank: i + 1, known: true };
    return { ...UNKNOWN, ...name, rank: i + 1 };
  });
}

const UNKNOWN = {
  route: NO_ROUTE,
  contribution: 0,
  first_share_gain: 0,
  second_share_gain: 0,
  gains: [],
  loses: [],
  reason: "",
  rule: null,
  known: false,
};

export function against(plan: Plan, choice: Choice): Against {
  return {
    objective: choice.objective - plan.objective,
    first: choice.first_share - plan.after.first_share,
    second: choice.second_share - plan.after.second_share,
  };
}

/** Whether a newer plan still offers the choice looked at, with the same moves in the same order. */
export function sameChoice(a: Plan, b: Plan, preview: Preview): boolean {
  const before = choiceOf(a, preview)?.moves;
  const after = choiceOf(b, preview)?.moves;
  return (
    before !== undefined &&
    before.length === after?.length &&
    before.every((move, i) => move.move_id === after[i]?.move_id)
  );
}

/** What a choice drops from the recommended moves, and what it does instead. */
export function difference(plan: Plan, choice: Choice): { dropped: MoveName[]; added: MoveName[] } {
  const recommended = new Set(plan.moves.map((m) => m.move_id));
  const chosen = new Set(choice.moves.map((m) => m.move_id));
  return {
    dropped: plan.moves.filter((m) => !chosen.has(m.move_id)),
    added: choice.moves.filter((m) => !recommended.has(m.move_id)),
  };
}
