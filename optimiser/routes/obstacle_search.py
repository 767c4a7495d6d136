"""Which rules keep a stop out of a round: the smallest sets whose loosening lets it in, and by how much.

Called by the reasons and the relaxations on a `RoundTrial`. Everything is bounded: single rules, pairs, then
one set from which nothing can be left out.
"""

from collections.abc import Callable
from itertools import combinations
from math import inf

from optimiser.routes.round_trial import MOST_STEPS, Loose, Obstacle, RoundTrial

Obstacles = tuple[Obstacle, ...]


def smallest_sets(trial: RoundTrial) -> tuple[Obstacles, ...]:
    """Sets of rules, each of which need be gone for the stop to fit, all of one size.

    Parameters
    ----------
    trial
        The round and the stop.

    Returns
    -------
    tuple
        `((),)` where it fits as it is; all single rules that do, or all pairs where no single rule does, or
        one set of more of which none can be left out. Nothing where it does not fit with all rules gone.
    """
    for size in (0, 1):
        found = _of_size(trial, size)
        if found:
            return found
    needed = list(trial.obstacles)
    if not fits_without(trial, tuple(needed)):
        return ()
    found = _of_size(trial, 2)
    if found:
        return found
    for obstacle in trial.obstacles:
        fewer = [one for one in needed if one != obstacle]
        if fits_without(trial, tuple(fewer)):
            needed = fewer
    return (tuple(needed),)


def _of_size(trial: RoundTrial, size: int) -> tuple[Obstacles, ...]:
    return tuple(few for few in combinations(trial.obstacles, size) if fits_without(trial, few))


def fits_without(trial: RoundTrial, obstacles: Obstacles) -> bool:
    """Whether the stop fits when these rules are gone."""
    return trial.try_with(tuple((one, inf) for one in obstacles))[1] >= 0


def least_loose(trial: RoundTrial, obstacles: Obstacles) -> tuple[Loose, ...]:
    """By how much a sufficient set of rules must be loosened, one after the other; inf where steps do not do.

    Parameters
    ----------
    trial
        The round and the stop.
    obstacles
        Rules without which it fits.
    """
    known: tuple[Loose, ...] = ()
    for number, obstacle in enumerate(obstacles):
        later = tuple((one, inf) for one in obstacles[number + 1 :])
        known += ((obstacle, _least_steps(trial, obstacle, known, later)),)
    return known


def _least_steps(
    trial: RoundTrial, obstacle: Obstacle, known: tuple[Loose, ...], later: tuple[Loose, ...]
) -> float:
    def fits(steps: int) -> bool:
        return trial.try_with((*known, (obstacle, float(steps)), *later))[1] >= 0

    steps = fewest(MOST_STEPS.get(obstacle, 0), fits)
    return inf if steps is None else float(steps)


def fewest(most: int, fits: Callable[[int], bool]) -> int | None:
    """The fewest steps, 1 to `most`, that do; None where `most` does not. More steps never hurt."""
    if most < 1 or not fits(most):
        return None
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high
