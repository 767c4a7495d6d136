"""Why each move: what it brings by itself, which grounds gain and which lose, and the rule that binds.

Called by services for every plan shown, after the plan is made. It judges the plan; it never changes it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from optimiser.cover.arrays import FloatArray, IntArray, StandardRow
from optimiser.cover.attendance_index import AttendanceIndex
from optimiser.cover.figures import counts_after, demand_row, times_of_kind
from optimiser.cover.kernels import sums_of
from optimiser.cover.movers import Movers
from optimiser.cover.plan import CoverPlan, Move, Rule
from optimiser.cover.problem import CoverProblem
from optimiser.cover.state import CoverState, Pair

Reason = Literal["fills_empty_ground", "returns_home", "strengthens_second", "shortens_first"]

# A ground whose mean first attendance changes by less is not named: an officer has five seconds.
LEAST_CHANGE_S = 1.0
# Most grounds named on each side of a move.
MOST_GROUNDS = 5
# A rule binds where without it a better move would bring at least this share of the objective more.
LEAST_BETTER_SHARE = 1e-6


@dataclass(frozen=True, slots=True)
class GroundChange:
    """How the first attendance on a station's ground changes: mean seconds by demand, never negative."""

    station: int
    seconds: float
    demand_per_h: float


@dataclass(frozen=True, slots=True)
class MoveReason:
    """What one move brings, compared with the same plan without it.

    `contribution` is the risk that comes back when this move alone is left out, objective units (its own
    cost not subtracted). The share gains are fractions of its kind's demand; `gains` and `loses` are ordered
    by seconds x demand, the most first. Where several appliances of one kind go to the same station, each
    would look idle beside the other, so these are weighed in turn: the first against an empty place, the
    next with the first there.
    `rule` names a rule that keeps a still better move from being recommended in its place, or None.
    """

    contribution: float
    first_share_gain: float
    second_share_gain: float
    gains: tuple[GroundChange, ...]
    loses: tuple[GroundChange, ...]
    reason: Reason
    rule: Rule | None


def explain(
    problem: CoverProblem, plan: CoverPlan, index: AttendanceIndex | None = None
) -> tuple[MoveReason, ...]:
    """Return the reasons of each move of a plan, in the plan's order.

    Parameters
    ----------
    problem, plan
        The problem and a plan for it.
    index
        Sorted attendance times of the problem's region; built here where not given (much slower).
    """
    if not plan.moves:
        return ()
    index = index or AttendanceIndex.build(problem.attendance_s)
    movers = Movers.of(problem)
    pairs = movers.pairs_of(plan.moves)
    state = CoverState(index, problem, movers)
    for pair in pairs:
        state.add(pair)
    rules = _binding_rules(problem, plan, state, pairs)
    return tuple(
        _reason(index, problem, plan.moves, i, state.worth_of(pairs[i]) + move.cost, rules[i])
        for i, move in enumerate(plan.moves)
    )


def _reason(
    index: AttendanceIndex,
    problem: CoverProblem,
    moves: tuple[Move, ...],
    i: int,
    contribution: float,
    rule: Rule | None,
) -> MoveReason:
    move = moves[i]
    k = int(problem.appliance_kind[move.appliance])
    standard, demand = problem.standards[k], demand_row(problem, k)
    row = standard.as_row()
    others = moves[:i] + tuple(m for m in moves[i + 1 :] if not _same_place(problem, move, m))
    before = counts_after(problem, others)[k]
    after = before.copy()
    after[move.origin] -= 1
    after[move.destination] += 1
    old = times_of_kind(index, before, standard.cap_s)
    new = times_of_kind(index, after, standard.cap_s)
    _, first_old, second_old, total = sums_of(*old, demand, row)
    _, first_new, second_new, _ = sums_of(*new, demand, row)
    old_s, new_s = old[0].astype(np.float64), new[0].astype(np.float64)
    gains, loses = _grounds(index, demand, old_s - new_s)
    reason: Reason
    if int(problem.home[move.appliance]) == move.destination:
        reason = "returns_home"
    elif before[move.destination] == 0:
        reason = "fills_empty_ground"
    else:
        second_old_s, second_new_s = old[1].astype(np.float64), new[1].astype(np.float64)
        first = demand @ (_first_cost(old_s, row) - _first_cost(new_s, row))
        second = demand @ (_second_cost(second_old_s, row) - _second_cost(second_new_s, row))
        reason = "shortens_first" if first >= second else "strengthens_second"
    return MoveReason(
        contribution=contribution,
        first_share_gain=(first_new - first_old) / total if total > 0.0 else 0.0,
        second_share_gain=(second_new - second_old) / total if total > 0.0 else 0.0,
        gains=gains,
        loses=loses,
        reason=reason,
        rule=rule,
    )


def _same_place(problem: CoverProblem, one: Move, other: Move) -> bool:
    same_kind = problem.appliance_kind[one.appliance] == problem.appliance_kind[other.appliance]
    return bool(same_kind) and one.destination == other.destination


def _second_cost(t: FloatArray, s: StandardRow) -> FloatArray:
    cost: FloatArray = s[1] * t + s[5] * (t > s[3])
    return cost


def _first_cost(t: FloatArray, s: StandardRow) -> FloatArray:
    cost: FloatArray = s[0] * t + s[4] * (t > s[2]) + s[5] * (t > s[3])
    return cost


def _grounds(
    index: AttendanceIndex, demand: FloatArray, saved_s: FloatArray
) -> tuple[tuple[GroundChange, ...], tuple[GroundChange, ...]]:
    weight = np.bincount(index.ground, weights=demand, minlength=index.n_stations)
    saved = np.bincount(index.ground, weights=demand * saved_s, minlength=index.n_stations)
    seconds = np.divide(saved, weight, out=np.zeros_like(saved), where=weight > 0.0)

    def name(stations: IntArray) -> tuple[GroundChange, ...]:
        chosen = stations[np.argsort(-np.abs(saved[stations]), kind="stable")][:MOST_GROUNDS]
        return tuple(GroundChange(int(s), abs(float(seconds[s])), float(weight[s])) for s in chosen)

    gains = name(np.flatnonzero(seconds >= LEAST_CHANGE_S))
    return gains, name(np.flatnonzero(seconds <= -LEAST_CHANGE_S))


def _binding_rules(
    problem: CoverProblem, plan: CoverPlan, state: CoverState, pairs: list[Pair]
) -> list[Rule | None]:
    """Return, for each move, the rule without which a better move would take its place."""
    asked: list[tuple[Rule, bool]] = [
        ("bays", problem.bays is not None),
        ("min_cover", problem.min_cover is not None),
        ("rejected", bool(problem.forbidden)),
    ]
    least = LEAST_BETTER_SHARE * max(plan.objective, 1.0)
    rules: list[Rule | None] = [None] * len(pairs)
    for i, pair in enumerate(pairs):
        saved = state.save(int(state.movers.kind[pair[0]]))
        state.drop(pair)
        allowed = state.best().value
        for rule, given in asked:
            if given and rules[i] is None and state.best(without=rule).value < allowed - least:
                rules[i] = rule
        state.load(saved)
    # Where one move more would pay, the last move says so: it is where the list was cut off.
    if len(pairs) == problem.max_moves and rules[-1] is None and state.best().value < -least:
        rules[-1] = "move_cap"
    return rules
