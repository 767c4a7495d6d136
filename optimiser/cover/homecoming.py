"""Coming home: for each appliance that stands away from its home, whether to return or to stay.

Called by services beside every plan, so that crews back from an incident or on standby are not forgotten.
It advises; it moves nobody.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from optimiser.cover.absence import ViewRisk
from optimiser.cover.arrays import IntArray
from optimiser.cover.attendance_index import AttendanceIndex
from optimiser.cover.movers import Movers
from optimiser.cover.problem import CoverProblem
from optimiser.cover.reasons import GroundChange, KindCover, changed_grounds
from optimiser.cover.state import CoverState

# A change of risk below this share of the risk is rounding, and no reason to drive anywhere.
ROUNDING_SHARE = 1e-9


@dataclass(frozen=True, slots=True)
class HomeAdvice:
    """Whether one appliance should go home: `action` is "return" exactly where risk_change + cost < 0.

    `appliance`, `station` (where it stands) and `home` are indices. `risk_change` is the risk if it alone
    goes home minus the risk now; `cost` what going home costs, inf where it may not: no way, no bay free,
    rejected, or needed where it stands by minimum cover, once the others that return have gone. `gains` and
    `loses`: grounds that would be reached sooner or later if it went, the most first.
    """

    appliance: int
    station: int
    home: int
    action: Literal["return", "stay"]
    risk_change: float
    cost: float
    gains: tuple[GroundChange, ...]
    loses: tuple[GroundChange, ...]


class _Return(NamedTuple):
    """One way home: its value (risk change plus cost), appliance, group of movers, cost and risk change.

    `risk_change` is None where it is not known yet: there is no way, or it was rejected.
    """

    value: float
    appliance: int
    group: int
    cost: float
    risk_change: float | None


def advise_homecoming(
    index: AttendanceIndex, problem: CoverProblem, most: int = 20, state: CoverState | None = None
) -> tuple[HomeAdvice, ...]:
    """Return advice for available, unlocked appliances away from home, the best returns first.

    Each is weighed by itself, against the picture as it is: when one has been told to go, the next picture
    weighs the others anew. Bays and minimum cover are kept by all returns together: where only one of two
    may go, the better does and the other stays; a bay that one leaves is free for another that comes home.

    Parameters
    ----------
    index, problem
        Region and problem.
    most
        Most appliances to advise on.
    state
        Of the problem, without any move, where the caller has it; it is left as it is.
    """
    state = state or CoverState(index, problem, Movers.of(problem))
    returns = _allowed(problem, state.movers, _returns(problem, state))[:most]
    risk = ViewRisk(index, problem)
    now = risk.of(problem.view_counts())
    kinds: dict[int, KindCover] = {}
    advice = []
    for one in returns:
        k = int(problem.appliance_kind[one.appliance])
        station, home = int(problem.appliance_station[one.appliance]), int(problem.home[one.appliance])
        change = one.risk_change
        if change is None:
            change = risk.of(_views_after(problem, k, station, home)) - now
        change = change if abs(change) > ROUNDING_SHARE * now else 0.0
        if k not in kinds:
            kinds[k] = KindCover(index, problem, k)
        gains, loses = _grounds(kinds[k], problem, station, home)
        advice.append(
            HomeAdvice(
                appliance=one.appliance,
                station=station,
                home=home,
                action="return" if change + one.cost < 0.0 else "stay",
                risk_change=change,
                cost=one.cost,
                gains=gains,
                loses=loses,
            )
        )
    return tuple(advice)


def _returns(problem: CoverProblem, state: CoverState) -> list[_Return]:
    """Return the way home of each that is away, the best first."""
    movers, prices = state.movers, state.prices()
    found = []
    for g, members in enumerate(movers.members):
        for a in members:
            home = problem.home[a]
            if home != movers.origin[g]:
                value, cost = float(prices[g, home]), float(movers.cost[g, home])
                change = value - cost if np.isfinite(cost) else None
                found.append(_Return(value, a, g, cost, change))
    return sorted(found, key=_by_value)


def _allowed(problem: CoverProblem, movers: Movers, returns: list[_Return]) -> list[_Return]:
    """Return the same ways home, the cost inf where the rules keep one there once the others have gone.

    All that pay go at once, as far as minimum cover allows; then the worst of those for whom there is no bay
    stay, one by one; then whoever fits after all goes, the best first. Each that stays takes its bay back,
    so this ends, and at the latest with nobody going.
    """
    held, may_leave, room = movers.counts.sum(axis=0), movers.may_leave.copy(), movers.room
    going: dict[int, _Return] = {}

    def go(one: _Return, sign: int) -> None:
        station = movers.origin[one.group]
        held[station] -= sign
        held[problem.home[one.appliance]] += sign
        may_leave[movers.kind[one.group], station] -= sign

    def may_leave_now(one: _Return) -> bool:
        return bool(may_leave[movers.kind[one.group], movers.origin[one.group]] > 0)

    def may(one: _Return) -> bool:
        home = problem.home[one.appliance]
        return may_leave_now(one) and bool(held[home] < room[home])

    paying = [one for one in returns if one.value < 0.0]
    for one in paying:
        if may_leave_now(one):
            go(one, 1)
            going[one.appliance] = one
    while crowding := [a for a in going if held[problem.home[a]] > room[problem.home[a]]]:
        go(going.pop(crowding[-1]), -1)
    while more := [one for one in paying if one.appliance not in going and may(one)]:
        go(more[0], 1)
        going[more[0].appliance] = more[0]
    judged = [
        one if one.appliance in going or may(one) else one._replace(value=np.inf, cost=np.inf)
        for one in returns
    ]
    return sorted(judged, key=_by_value)


def _by_value(one: _Return) -> tuple[float, int]:
    return one.value, one.appliance


def _views_after(problem: CoverProblem, k: int, station: int, home: int) -> IntArray:
    counts = problem.view_counts()
    counts[k :: problem.n_kinds, station] -= 1
    counts[k :: problem.n_kinds, home] += 1
    return counts


def _grounds(
    kind: KindCover, problem: CoverProblem, station: int, home: int
) -> tuple[tuple[GroundChange, ...], tuple[GroundChange, ...]]:
    before = problem.counts()[kind.k]
    after = before.copy()
    after[station] -= 1
    after[home] += 1
    return changed_grounds(kind, kind.view(before).first_s - kind.view(after).first_s)
