"""What the cover engine answers: moves, figures of cover, the frontier and the plan that holds them.

Built by the engine, read by services and by the reasons. It never computes anything beyond its own sums.
"""

from dataclasses import dataclass
from typing import Literal

from optimiser.cover.arrays import Float32Array

# A rule that can keep a better move from being recommended.
Rule = Literal["bays", "min_cover", "move_cap", "rejected"]
Certificate = Literal["none", "proven", "time", "cancelled"]

# Below this objective (units of the objective) a relative gap says nothing; it is taken relative to this.
TINY_OBJECTIVE = 1e-9


@dataclass(frozen=True, slots=True)
class Move:
    """One appliance sent from the station where it stands to another.

    `appliance`, `origin` and `destination` are indices into the problem; `cost` is in objective units.
    """

    appliance: int
    origin: int
    destination: int
    cost: float


@dataclass(frozen=True, slots=True)
class CoverFigures:
    """How good cover is.

    `risk` is in weighted seconds per hour, all kinds and all scenes together. `first_share` and
    `second_share` hold, for each kind, the share of demand whose first (second) appliance arrives within
    the first (second) target; 1.0 for a kind without any demand. Shares are of the appliances available
    now, those on the road counted where they are bound for, whatever the scenes of the problem.
    """

    risk: float
    first_share: tuple[float, ...]
    second_share: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class FrontierPoint:
    """The best plan found with at most so many moves as its place in the frontier (0, 1, …, K).

    `bound` is a proven lower bound on the objective of every allowed plan of so many moves, None while
    nothing is proven; `gap` = (objective - bound) / objective.
    """

    moves: tuple[Move, ...]
    objective: float
    risk: float
    figures: CoverFigures
    bound: float | None = None
    gap: float | None = None


@dataclass(frozen=True, slots=True)
class CoverPlan:
    """The moves recommended, what they bring, and how far from the best possible they can be.

    `objective` is risk after the moves plus their costs. `bound` is a proven lower bound on the objective
    of every allowed plan, None while nothing is proven; `gap` = (objective - bound) / objective.
    `certificate` is "none" (never tried), "proven" (gap at most what was asked, 0.1 % by default), "time"
    (the time, or the bounded number of programmes, was used up before) or "cancelled".
    `moves` are ordered by what each brings, its cost aside, the best first: the order to show them in.
    """

    moves: tuple[Move, ...]
    objective: float
    before: CoverFigures
    after: CoverFigures
    frontier: tuple[FrontierPoint, ...]
    bound: float | None = None
    gap: float | None = None
    certificate: Certificate = "none"


@dataclass(frozen=True, slots=True, eq=False)
class ZoneTimes:
    """Attendance times per kind and zone: first and second appliance, seconds, capped, (K, Z)."""

    first_s: Float32Array
    second_s: Float32Array


def says_something(bound: float | None, objective: float) -> bool:
    """Whether a bound is news: zero, where a proof was stopped before its first, lies below any plan."""
    return bound is not None and (bound > 0.0 or objective <= 0.0)


def relative_gap(objective: float, bound: float) -> float:
    """Return (objective - bound) / objective, never negative."""
    return max(0.0, objective - bound) / max(objective, TINY_OBJECTIVE)
