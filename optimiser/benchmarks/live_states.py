"""The same seeded states as the live service asks about them: who is expected back, what was moved lately.

Used by the runner, for the engine alone: the plain model and the baselines know nothing of all this. The same
seed gives the same states; nothing here is measured.
"""

from dataclasses import replace

import numpy as np

from optimiser.benchmarks.bench_region import BenchRegion
from optimiser.cover.arrays import FloatArray
from optimiser.cover.horizon import Expected, scenes_of
from optimiser.cover.move_cost import MoveCostRule
from optimiser.cover.problem import CoverProblem
from optimiser.cover.stability import MadeMove, undoing_pairs

# As the service charges them: its share of a move's fixed cost, for how long after the move, seconds.
DEPARTING_SHARE, UNDOING_SHARE, STEADY_S = 0.5, 1.0, 3600.0
# Of the committed, the share whose release somebody has told, and how far ahead it is at most, seconds.
TOLD_SHARE, LATEST_RELEASE_S = 0.8, 2.0 * 3600.0
# Of the locked, the share still on the road, and for how long at most, seconds.
ON_THE_ROAD_SHARE, LONGEST_ROAD_S = 0.75, 900.0
# Of those that may move and are at home, the share that came there lately on an accepted order.
MOVED_HOME_SHARE = 0.03


def live_states(region: BenchRegion, problems: list[CoverProblem], seed: int) -> list[CoverProblem]:
    """Return the states as the service would ask about them, in the same order, all from one seed."""
    # Not the stream of the states themselves: their releases would follow from who is committed.
    rng = np.random.default_rng([seed, 1])
    return [as_live(region, problem, rng) for problem in problems]


def as_live(region: BenchRegion, problem: CoverProblem, rng: np.random.Generator) -> CoverProblem:
    """Return a state with all that the service passes on.

    Scenes from expected releases and arrivals, driving charged by what the move would bring meanwhile in
    place of an average, a minimum of nothing at each station, charges for departing from moves made within
    the last hour and for undoing those within the last half hour.
    """
    rule = MoveCostRule()
    horizon_s, crew_cost = rule.gap_h * 3600.0, rule.fixed / rule.gap_h
    made = _made(problem, rng)
    charge: FloatArray = np.zeros(problem.n_appliances)
    charge[[move.appliance for move in made]] = DEPARTING_SHARE * crew_cost
    expected = _expected(problem, rng)
    return replace(
        problem,
        move_cost=replace(rule, per_s=0.0).matrix(region.road_s),
        road_s=region.road_s.astype(np.float64),
        horizon_s=horizon_s,
        min_cover=np.zeros(problem.n_stations, dtype=np.int64),
        scenes=scenes_of(expected, problem.n_kinds, problem.n_stations, horizon_s),
        departing_charge=charge,
        undoing=undoing_pairs(made, problem.appliance_kind, problem.appliance_station, STEADY_S),
        undoing_charge=UNDOING_SHARE * crew_cost,
    )


def _expected(problem: CoverProblem, rng: np.random.Generator) -> list[Expected]:
    """Return who is expected: committed ones at home, and locked ones where they are bound for."""
    found = []
    for a in np.flatnonzero(~problem.available).tolist():
        if rng.random() < TOLD_SHARE:
            in_s = float(rng.uniform(0.0, LATEST_RELEASE_S))
            found.append(Expected(int(problem.appliance_kind[a]), int(problem.home[a]), in_s))
    for a in np.flatnonzero(problem.available & problem.locked).tolist():
        now_at = int(rng.integers(problem.n_stations))
        bound_for = int(problem.appliance_station[a])
        if rng.random() < ON_THE_ROAD_SHARE and now_at != bound_for:
            in_s = float(rng.uniform(0.0, LONGEST_ROAD_S))
            found.append(Expected(int(problem.appliance_kind[a]), bound_for, in_s, until_then=now_at))
    return found


def _made(problem: CoverProblem, rng: np.random.Generator) -> list[MadeMove[int]]:
    """Return the moves of the last hour: those away stand by on one, some others came home on one.

    The present is `STEADY_S`.
    """
    movable = problem.available & ~problem.locked
    away = movable & (problem.appliance_station != problem.home)
    moved_home = movable & ~away & (rng.random(problem.n_appliances) < MOVED_HOME_SHARE)
    made = []
    for a in np.flatnonzero(away | moved_home).tolist():
        end = int(problem.appliance_station[a])
        origin = int(problem.home[a]) if away[a] else int(rng.integers(problem.n_stations))
        made.append(MadeMove(a, origin, end, at_s=float(rng.uniform(0.0, STEADY_S))))
    return made
