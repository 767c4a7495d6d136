"""Why each move: what it brings by itself, which grounds gain and which lose, and the rule that binds.

Called by services for every plan shown, after the plan is made. It judges the plan; it never changes it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from optimiser.cover.arrays import Float32Array, FloatArray, IntArray, StandardRow
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

    `contribution` is the risk it takes away, objective units (its own cost not subtracted); the share gains
    are fractions of its kind's demand; `gains` and `loses` are ordered by seconds x demand, the most first.
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
    after = counts_after(problem, plan.moves)
    times = [times_of_kind(index, after[k], s.cap_s) for k, s in enumerate(problem.standards)]
    return tuple(
        _reason(index, problem, move, state.worth_of(pair) + move.cost, after, times, rule)
        for move, pair, rule in zip(plan.moves, pairs, rules, strict=True)
    )


def _reason(
    index: AttendanceIndex,
    problem: CoverProblem,
    move: Move,
    contribution: float,
    after: IntArray,
    times: list[tuple[Float32Array, Float32Array]],
    rule: Rule | None,
) -> MoveReason:
    k = int(problem.appliance_kind[move.appliance])
    standard, demand = problem.standards[k], demand_row(problem, k)
    row = standard.as_row()
    counts = after[k].copy()
    counts[move.destination] -= 1
    counts[move.origin] += 1
    old = times_of_kind(index, counts, standard.cap_s)
    _, first_old, second_old, total = sums_of(*old, demand, row)
    _, first_new, second_new, _ = sums_of(*times[k], demand, row)
    old_s, new_s = old[0].astype(np.float64), times[k][0].astype(np.float64)
    gains, loses = _grounds(index, demand, old_s - new_s)
    return MoveReason(
        contribution=contribution,
        first_share_gain=(first_new - first_old) / total if total > 0.0 else 0.0,
        second_share_gain=(second_new - second_old) / total if total > 0.0 else 0.0,
        gains=gains,
        loses=loses,
        reason=_kind_of_gain(problem, move, k, old_s, new_s, contribution),
        rule=rule,
    )


def _kind_of_gain(
    problem: CoverProblem,
    move: Move,
    k: int,
    first_old: FloatArray,
    first_new: FloatArray,
    contribution: float,
) -> Reason:
    if int(problem.home[move.appliance]) == move.destination:
        return "returns_home"
    present = problem.available & (problem.appliance_kind == k)
    if not bool((problem.appliance_station[present] == move.destination).any()):
        return "fills_empty_ground"
    standard = problem.standards[k]
    first = float(problem.demand_per_h[k] @ (_first_cost(first_old, standard.as_row())))
    first -= float(problem.demand_per_h[k] @ (_first_cost(first_new, standard.as_row())))
    return "shortens_first" if first >= contribution - first else "strengthens_second"


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
