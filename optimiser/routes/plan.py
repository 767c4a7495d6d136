"""A day's plan: for each vehicle what it visits in which order, and what is left unserved.

Made by the solvers, judged by the checker, carried by the service. Holds no times: the checker's replay says
when everything happens. Never holds logic beyond counting.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple


class Kind(IntEnum):
    """What a visit is."""

    STOP = 0
    TIP = 1
    BREAK = 2


class Visit(NamedTuple):
    """One visit of a round.

    Attributes
    ----------
    kind
        Stop, tip or break.
    index
        Number of the stop or tip. Of a break: `BREAK_BEFORE_LEAVING` where the crew rests at the place of
        the visit before it, `BREAK_ON_ARRIVAL` where it drives on first and rests before the next visit (a
        service, a tip or the depot) begins.
    backward
        Whether a stop is served from its exit to its entry.
    """

    kind: Kind
    index: int  # type: ignore[assignment]  # a tuple has a method of that name
    backward: bool = False


BREAK_BEFORE_LEAVING = 0
BREAK_ON_ARRIVAL = 1

Round = tuple[Visit, ...]
"""The visits of one vehicle in order, without the depots it begins and ends at; empty where it stays."""


@dataclass(frozen=True, slots=True)
class DayPlan:
    """What every vehicle does.

    Parameters
    ----------
    rounds
        One per vehicle, V.
    unserved
        Numbers of the stops no round serves, ascending.
    """

    rounds: tuple[Round, ...]
    unserved: tuple[int, ...] = ()

    def vehicle_of(self) -> dict[int, int]:
        """Vehicle by stop."""
        return {
            visit.index: vehicle
            for vehicle, visits in enumerate(self.rounds)
            for visit in visits
            if visit.kind == Kind.STOP
        }
