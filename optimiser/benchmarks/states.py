"""Seeded states of a region: appliances committed at random, some standing by elsewhere, a few locked.

Used by the runner and by tests. The same seed gives the same states; nothing here is measured.
"""

import numpy as np

from optimiser.benchmarks.bench_region import BenchRegion
from optimiser.cover.engine import CoverEngine
from optimiser.cover.move_cost import MoveCostRule
from optimiser.cover.movers import Movers
from optimiser.cover.problem import CoverProblem
from optimiser.cover.state import CoverState

FEWEST_COMMITTED, MOST_COMMITTED = 10, 70
# Appliances standing by at the station of one that is committed; the feed of the demo has as many.
MOST_AWAY = 8
# What a large incident strips the nearest stations of; every other state has one or two of them.
FEWEST_AT_LARGE, MOST_AT_LARGE, MOST_LARGE = 8, 15, 2
# Of all available appliances, the share that is locked: on its way to stand by, or with an accepted order.
LOCKED_SHARE = 0.04
# As the service multiplies the price of a move home.
HOMEWARD_FACTOR = 0.3
HOURS_OF_WEEK = 168


def engine_for(region: BenchRegion) -> CoverEngine:
    """Return the engine as the service builds it, warmed up."""
    engine = CoverEngine(region.attendance_s, region.standards)
    engine.warm_up()
    return engine


def movers_of(engine: CoverEngine, problem: CoverProblem) -> Movers:
    """Return the movers of a problem with the prices the engine charges."""
    movers = Movers.of(problem)
    return movers if problem.road_s is None else CoverState(engine.index, problem, movers).movers


def random_states(region: BenchRegion, states: int, seed: int) -> list[CoverProblem]:
    """Return so many states, all from one seed."""
    rng = np.random.default_rng(seed)
    return [random_state(region, rng) for _ in range(states)]


def random_state(region: BenchRegion, rng: np.random.Generator) -> CoverProblem:
    """Return a picture with 10 to 70 appliances committed, every other one with a large incident or two.

    Up to `MOST_AWAY` others stand by at the home of a committed appliance; a few are locked. A region of
    four copies has four times as many of everything; the most moves of a plan stay the same.
    """
    count = region.kind.size
    committed = region.copies * int(
        rng.integers(FEWEST_COMMITTED, min(MOST_COMMITTED, count // region.copies - 1) + 1)
    )
    gone = np.zeros(count, dtype=np.bool_)
    if rng.random() < 0.5:
        for _ in range(int(rng.integers(1, MOST_LARGE * region.copies + 1))):
            zone = int(rng.integers(region.attendance_s.shape[1]))
            near = np.argsort(region.attendance_s[region.home, zone], kind="stable")
            gone[near[: int(rng.integers(FEWEST_AT_LARGE, MOST_AT_LARGE + 1))]] = True
    left = np.flatnonzero(~gone)
    rest = max(committed - int(gone.sum()), 0)
    gone[rng.choice(left, size=max(0, min(rest, left.size - 1)), replace=False)] = True
    station = region.home.copy()
    away = min(int(rng.integers(MOST_AWAY * region.copies + 1)), int(gone.sum()), int((~gone).sum()))
    standing_by = rng.choice(np.flatnonzero(~gone), size=away, replace=False)
    station[standing_by] = station[rng.choice(np.flatnonzero(gone), size=away, replace=False)]
    hour = int(rng.integers(HOURS_OF_WEEK))
    return CoverProblem(
        standards=region.standards,
        demand_per_h=region.demand_per_h[:, hour, :].astype(np.float64),
        attendance_s=region.attendance_s,
        appliance_kind=region.kind,
        appliance_station=station,
        available=~gone,
        locked=~gone & (rng.random(count) < LOCKED_SHARE),
        home=region.home,
        move_cost=MoveCostRule().matrix(region.road_s),
        bays=region.bays,
        homeward_factor=HOMEWARD_FACTOR,
    )
