"""What the instant layer answers: the plan at once, what changed, what it costs, or why not.

Made by `instant`, read by the service, the command line and the benchmarks. Holds no logic.
"""

from dataclasses import dataclass
from typing import Any

from optimiser.routes.plan import DayPlan, Round
from optimiser.routes.verdict import RoundSheet, Violation


@dataclass(frozen=True, slots=True)
class Offer:
    """What it would cost to give a stop to a vehicle (the price of a moved stop included)."""

    vehicle: int
    cost: float


@dataclass(frozen=True, slots=True, eq=False)
class Insertion:
    """A stop was given a place; nothing else changed its vehicle or its order.

    Parameters
    ----------
    plan
        The day with it.
    stop, vehicle, position
        Which stop, whose round, and the index of its visit there.
    round
        The visits of that round.
    cost
        What the day costs more, by the checker: legs, use of the vehicle, overtime, moved stop (not the
        balance across rounds, and not the price of the stop while it was unserved).
    drive_s
        Seconds more driven.
    finish_before_s, finish_after_s
        When that vehicle is back, before and after; an unused one is back when its shift begins.
    sheet
        The checker's times and figures of the round.
    others
        The cheapest feasible places in other vehicles, cheapest first.
    """

    plan: DayPlan
    stop: int
    vehicle: int
    position: int
    round: Round
    cost: float
    drive_s: float
    finish_before_s: float
    finish_after_s: float
    sheet: RoundSheet
    others: tuple[Offer, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """Rounds were changed otherwise: a removal, a new order, a lost vehicle.

    Parameters
    ----------
    plan
        The day after it.
    vehicles
        Whose rounds changed.
    cost
        What the day costs more (less: negative), by the checker, the prices of unserved stops included and
        the balance across rounds left out.
    placed, unserved
        Of the stops it was about, those that have a new place and those that have none.
    moved
        Other stops that changed vehicle to make room.
    reasons
        Why the unserved ones cannot be served; empty until the caller asks `reasons.why_not`.
    """

    plan: DayPlan
    vehicles: tuple[int, ...]
    cost: float
    placed: tuple[int, ...] = ()
    unserved: tuple[int, ...] = ()
    moved: tuple[int, ...] = ()
    reasons: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Refusal:
    """Nothing was changed, but that a new stop is now known, and unserved.

    Parameters
    ----------
    plan
        The day as it stands.
    stop
        The stop it was about, -1 where it was none.
    text
        What was refused, in words.
    cheapest
        The cheapest feasible place, where there is one that costs more than leaving the stop unserved.
    violations
        What the checker found wrong with what was tried, if it was asked.
    reasons
        Why it cannot be done; empty until the caller asks `reasons.why_not`.
    """

    plan: DayPlan
    stop: int
    text: str
    cheapest: Offer | None = None
    violations: tuple[Violation, ...] = ()
    reasons: tuple[Any, ...] = ()
