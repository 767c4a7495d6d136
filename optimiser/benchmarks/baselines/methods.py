"""Every baseline asked about one state, and its plans priced by the engine's own objective.

Used by the benchmark. Each baseline is taken in two ways: as its rule says, and with hindsight, which no
control room has: of all its plans of 0 to K moves the one best for our objective, without any move that does
not pay for it. It never helps a baseline in any other way.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimiser.benchmarks.baselines.biggest_gap import biggest_gap
from optimiser.benchmarks.baselines.board import Board, Pair
from optimiser.benchmarks.baselines.coverage_relocation import coverage_relocation
from optimiser.benchmarks.baselines.double_standard import double_standard
from optimiser.benchmarks.baselines.expected_coverage import expected_coverage
from optimiser.cover.arrays import FloatArray
from optimiser.cover.figures import Figures
from optimiser.cover.movers import Movers
from optimiser.cover.problem import CoverProblem

Programme = Callable[[Board, int, float], tuple[list[Pair], bool]]
STEP_BY_STEP = {"biggest-gap": biggest_gap, "dmexclp": expected_coverage}
PROGRAMMES: dict[str, Programme] = {"dsm": double_standard, "mcrp-lbap": coverage_relocation}
NAMES = ("do-nothing", *STEP_BY_STEP, *PROGRAMMES)
WORDS = {
    "do-nothing": "do nothing",
    "biggest-gap": "fill the biggest gap with the nearest (Kolesar & Walker 1974)",
    "dmexclp": "DMEXCLP (Jagtenberg, Bhulai & van der Mei 2015)",
    "dsm": "double standard model, dynamic (Gendreau, Laporte & Semet 1997, 2001)",
    "mcrp-lbap": "maximal coverage relocation, bottleneck assignment (Usanov et al. 2019)",
}


@dataclass(frozen=True, slots=True)
class Answered:
    """What one baseline came to.

    `objective` and `moves`: of its plan with the most moves it wants. `hindsight`: the best objective with
    hindsight. `by_moves`: objective of its plan of at most 0, 1 … K moves, or of K alone where only that was
    asked for. `ms`: of its plan with most moves. `solved`: False where a programme was stopped by its limit.
    """

    name: str
    objective: float
    moves: int
    hindsight: float
    by_moves: tuple[float, ...]
    ms: float
    solved: bool


class Prices:
    """The objective of plans given as (group, destination) pairs, by the objective of the problem."""

    def __init__(self, figures: Figures, movers: Movers) -> None:
        self._figures, self._movers = figures, movers

    def of(self, pairs: list[Pair]) -> float:
        """Return the objective: risk after the moves, and what they cost."""
        risk = self._figures.after(self._movers.name_moves(pairs)).risk
        return risk + sum(float(self._movers.cost[pair]) for pair in pairs)

    def trimmed(self, pairs: list[Pair], rules: Callable[[list[Pair]], bool]) -> float:
        """Return the objective after dropping, one at a time, the move whose dropping helps most."""
        best = self.of(pairs)
        while pairs:
            fewer = [pairs[:n] + pairs[n + 1 :] for n in range(len(pairs))]
            priced = [(self.of(plan), n) for n, plan in enumerate(fewer) if rules(plan)]
            if not priced or min(priced)[0] >= best:
                break
            best, at = min(priced)
            pairs = fewer[at]
        return best


def answers(
    problem: CoverProblem, movers: Movers, prices: Prices, road_s: FloatArray, seconds: float, *, each: bool
) -> list[Answered]:
    """Ask every baseline.

    Parameters
    ----------
    problem, movers, prices
        The state, its movers with complete prices, and what plans of it cost.
    road_s
        Driving seconds between stations, (S, S).
    seconds
        Limit of each integer programme.
    each
        Whether to ask the programmes for every number of moves, or for the most only.
    """

    def rules(pairs: list[Pair]) -> bool:
        board = Board(problem, movers, road_s)
        board.make_all(pairs)
        return len(board.pairs) == len(pairs)

    most = problem.max_moves
    found = [_answered("do-nothing", [[]], prices, rules, 0.0, most)]
    for name, method in STEP_BY_STEP.items():
        start = time.perf_counter()
        plans = method(Board(problem, movers, road_s))
        ms = (time.perf_counter() - start) * 1e3
        found.append(_answered(name, plans, prices, rules, ms, most))
    for name, programme in PROGRAMMES.items():
        plans, done = [], True
        for n in range(most + 1) if each else (most,):
            start = time.perf_counter()
            wanted, solved = programme(Board(problem, movers, road_s), n, seconds)
            ms = (time.perf_counter() - start) * 1e3
            board = Board(problem, movers, road_s)
            board.make_all(wanted)
            plans.append(board.pairs)
            done = done and solved
        found.append(_answered(name, plans, prices, rules, ms, most, solved=done, padded=each))
    return found


def _answered(
    name: str,
    plans: list[list[Pair]],
    prices: Prices,
    rules: Callable[[list[Pair]], bool],
    ms: float,
    most: int,
    *,
    solved: bool = True,
    padded: bool = True,
) -> Answered:
    """Price the plans; one that stops before the most moves stays as it is for every larger number."""
    priced = [prices.of(plan) for plan in plans]
    if padded:
        priced += [priced[-1]] * (most + 1 - len(priced))
    nothing = prices.of([])
    trimmed = prices.trimmed(plans[-1], rules)
    return Answered(
        name=name,
        objective=priced[-1],
        moves=len(plans[-1]),
        hindsight=float(np.min([trimmed, nothing, *priced])),
        by_moves=tuple(priced),
        ms=ms,
        solved=solved,
    )
