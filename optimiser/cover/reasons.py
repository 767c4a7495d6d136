"""Why each move: what it brings by itself, which grounds gain and which lose, and the rule that binds.

Called by services for every plan shown, after the plan is made. It judges the plan; it never changes it.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from optimiser.cover.arrays import FloatArray, IntArray
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
    problem: CoverProblem,
    plan: CoverPlan,
    index: AttendanceIndex | None = None,
    state: CoverState | None = None,
) -> tuple[MoveReason, ...]:
    """Return the reasons of each move of a plan, in the plan's order.

    Parameters
    ----------
    problem, plan
        The problem and a plan for it.
    index
        Sorted attendance times of the problem's region; built here where not given (much slower).
    state
        Of the problem, without any move, where the caller has it; it is left with the plan's moves made.
    """
    if not plan.moves:
        return ()
    index = index or AttendanceIndex.build(problem.attendance_s)
    state = state or CoverState(index, problem, Movers.of(problem))
    pairs = state.movers.pairs_of(plan.moves)
    for pair in pairs:
        state.add(pair)
    rules = _binding_rules(problem, plan, state, pairs)
    kinds: dict[int, KindCover] = {}
    for move in plan.moves:
        k = int(problem.appliance_kind[move.appliance])
        if k not in kinds:
            kinds[k] = KindCover(index, problem, k)
    return tuple(
        _reason(
            kinds[int(problem.appliance_kind[move.appliance])],
            problem,
            plan.moves,
            i,
            state.contribution_of(pairs[i]),
            rules[i],
        )
        for i, move in enumerate(plan.moves)
    )


class _View(NamedTuple):
    """How one kind covers its zones from some counts.

    Parameters
    ----------
    first_s
        Time of the first appliance, (Z,).
    first_cost, second_cost
        What first and second times cost, objective units.
    first_share, second_share
        Shares of demand in time.
    """

    first_s: FloatArray
    first_cost: float
    second_cost: float
    first_share: float
    second_share: float


class KindCover:
    """One kind of appliance while moves are judged: what all of them have in common, computed once."""

    def __init__(self, index: AttendanceIndex, problem: CoverProblem, k: int) -> None:
        self.k, self.index = k, index
        self.standard = problem.standards[k]
        self.demand = demand_row(problem, k)
        weight = np.bincount(index.ground, weights=self.demand, minlength=index.n_stations)
        self.ground_demand: FloatArray = weight.astype(np.float64)
        self.homes = set(problem.home[problem.appliance_kind == k].tolist())
        self._known: dict[bytes, _View] = {}

    def view(self, counts: IntArray) -> _View:
        """Return how these counts (S,) cover the zones."""
        key = counts.tobytes()
        if key not in self._known:
            times = times_of_kind(self.index, counts, self.standard.cap_s)
            first_cost, second_cost, first, second, total = sums_of(
                *times, self.demand, self.standard.as_row()
            )
            whole = total if total > 0.0 else np.inf
            self._known[key] = _View(
                times[0].astype(np.float64), first_cost, second_cost, first / whole, second / whole
            )
        return self._known[key]


def _reason(
    kind: KindCover,
    problem: CoverProblem,
    moves: tuple[Move, ...],
    i: int,
    contribution: float,
    rule: Rule | None,
) -> MoveReason:
    move = moves[i]
    others = moves[:i] + tuple(m for m in moves[i + 1 :] if not _same_place(problem, move, m))
    before = counts_after(problem, others)[kind.k]
    after = before.copy()
    after[move.origin] -= 1
    after[move.destination] += 1
    old, new = kind.view(before), kind.view(after)
    gains, loses = changed_grounds(kind, old.first_s - new.first_s)
    reason: Reason
    if int(problem.home[move.appliance]) == move.destination:
        reason = "returns_home"
    elif old.first_cost - new.first_cost < old.second_cost - new.second_cost:
        reason = "strengthens_second"
    elif before[move.destination] == 0 and move.destination in kind.homes:
        # Only a place where one of this kind belongs is missed: a standby point is empty on other days, too.
        reason = "fills_empty_ground"
    else:
        reason = "shortens_first"
    return MoveReason(
        contribution=contribution,
        first_share_gain=new.first_share - old.first_share,
        second_share_gain=new.second_share - old.second_share,
        gains=gains,
        loses=loses,
        reason=reason,
        rule=rule,
    )


def _same_place(problem: CoverProblem, one: Move, other: Move) -> bool:
    same_kind = problem.appliance_kind[one.appliance] == problem.appliance_kind[other.appliance]
    return bool(same_kind) and one.destination == other.destination


def changed_grounds(
    kind: KindCover, saved_s: FloatArray
) -> tuple[tuple[GroundChange, ...], tuple[GroundChange, ...]]:
    """Return the grounds that gain and those that lose, from the seconds saved in each zone, (Z,)."""
    weight = kind.ground_demand
    saved = np.bincount(kind.index.ground, weights=kind.demand * saved_s, minlength=weight.size)
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
