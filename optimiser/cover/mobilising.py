"""Which appliances to send to a new incident: the nearest, and beside them those that cover misses least.

Called by services for incidents that still lack appliances, and by what-if. It advises; it sends nobody and
changes nothing.
"""

import math
from dataclasses import dataclass

import numpy as np

from optimiser.cover.absence import ViewRisk, views_without
from optimiser.cover.arrays import CoverInputError
from optimiser.cover.attendance_index import AttendanceIndex
from optimiser.cover.least_removal import Candidates, LeastRemoval
from optimiser.cover.problem import CoverProblem
from optimiser.cover.removal import Removal

# A person in danger waits for the first two; they may come this much later than the nearest, no more.
MOST_LATER_S = 60.0
# No standard is published for the third and later ones, which join crews already at work: these may be
# late by this many times as much. A judgement: three minutes, with a minute for the first two.
SUPPORT_FACTOR = 3.0


@dataclass(frozen=True, slots=True)
class Mobilised:
    """One appliance sent: indices of it, its kind and its station, and seconds until it attends.

    An appliance on its way counts at the station it is bound for, and its time is taken from there.
    """

    appliance: int
    kind: int
    station: int
    attendance_s: float


@dataclass(frozen=True, slots=True)
class MobilisingChoice:
    """Whom to send, by kind and then by arrival, and the risk elsewhere once they are gone.

    `first_s` and `second_s`: seconds until the first and the second of each kind, None where there is none.
    """

    appliances: tuple[Mobilised, ...]
    risk_after: float
    first_s: tuple[float | None, ...]
    second_s: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class MobilisingAdvice:
    """Two ways to answer an incident, side by side; risks in objective units.

    `least_cover` never leaves more risk than `nearest`. `short`: by kind, how many were asked for and could
    not be found. `proven`: whether no choice that keeps the rule costs cover less than `least_cover`.
    """

    risk_before: float
    nearest: MobilisingChoice
    least_cover: MobilisingChoice
    short: tuple[int, ...]
    proven: bool


def advise_mobilising(
    index: AttendanceIndex,
    problem: CoverProblem,
    zone: int,
    needs: tuple[int, ...],
    *,
    most_later_s: float = MOST_LATER_S,
) -> MobilisingAdvice:
    """Return whom to send to an incident: the nearest, and the choice that costs cover least.

    Any available appliance may be sent, a locked one too: an incident comes before a standby or an accepted
    move. At one station an unlocked one goes first, then the lowest index. One that never arrives is never
    sent.

    The rule of the second choice: counted in the order in which they arrive, the first and the second of a
    kind come at most `most_later_s` later than the nearest-first choice has its first and second, and
    still within their targets where those do; all further ones at most `SUPPORT_FACTOR` times as much
    later. The incident is certain and the next one is not, so a few seconds are the most that may be
    traded here; a target met is never given away; and the same choice is within reach whoever is nearest.

    Parameters
    ----------
    index, problem
        Region and problem.
    zone
        Where the incident is.
    needs
        Appliances needed of each kind, K whole numbers.
    most_later_s
        See above; zero or more seconds.

    Raises
    ------
    CoverInputError
        Where the zone, the needs or the seconds cannot be right.
    """
    _check(problem, zone, needs, most_later_s)
    nearest: list[Mobilised] = []
    least: list[Mobilised] = []
    short = []
    proven = True
    for kind, needed in enumerate(needs):
        found = _reaching(problem, zone, kind)
        n = min(needed, len(found))
        short.append(needed - n)
        nearest += found[:n]
        if n:
            chosen, best = _least_cover(index, problem, found, n, most_later_s)
            least += chosen
            proven = proven and best
    risk = ViewRisk(index, problem)
    near = _choice(problem, risk, nearest)
    other = _choice(problem, risk, least)
    return MobilisingAdvice(
        risk_before=risk.of(problem.view_counts()),
        nearest=near,
        # Where nothing is saved, the nearest go; appliances on the road are only weighed here exactly.
        least_cover=other if other.risk_after < near.risk_after else near,
        short=tuple(short),
        proven=proven,
    )


def _check(problem: CoverProblem, zone: int, needs: tuple[int, ...], most_later_s: float) -> None:
    if isinstance(zone, bool) or not isinstance(zone, (int, np.integer)) or not 0 <= zone < problem.n_zones:
        raise CoverInputError("zone", zone, f"a zone index, 0 to {problem.n_zones - 1}")
    if len(needs) != problem.n_kinds:
        raise CoverInputError("needs", needs, f"{problem.n_kinds} numbers, one for each kind")
    for k, needed in enumerate(needs):
        if isinstance(needed, bool) or not isinstance(needed, (int, np.integer)) or needed < 0:
            raise CoverInputError(f"needs[{k}]", needed, "a whole number, zero or more")
    if not (math.isfinite(most_later_s) and most_later_s >= 0):
        raise CoverInputError("most_later_s", most_later_s, "a finite number of seconds, zero or more")


def _reaching(problem: CoverProblem, zone: int, kind: int) -> list[Mobilised]:
    """Return the available appliances of a kind that reach the zone, in the order nearest first."""
    attendance_s = problem.attendance_s[problem.appliance_station, zone]
    may = problem.available & (problem.appliance_kind == kind) & np.isfinite(attendance_s)
    found = sorted(
        (float(attendance_s[a]), int(problem.appliance_station[a]), bool(problem.locked[a]), a)
        for a in np.flatnonzero(may).tolist()
    )
    return [Mobilised(a, kind, station, seconds) for seconds, station, _, a in found]


def _least_cover(
    index: AttendanceIndex, problem: CoverProblem, found: list[Mobilised], n: int, most_later_s: float
) -> tuple[list[Mobilised], bool]:
    """Return n of those found that cost cover least, and whether that is proven."""
    latest = _latest(problem, found[:n], most_later_s)
    by_station: dict[int, list[Mobilised]] = {}
    for one in found:
        if one.attendance_s <= latest[-1]:
            by_station.setdefault(one.station, []).append(one)
    stations = list(by_station)
    kind = found[0].kind
    candidates = Candidates(
        tier=tuple(
            1 + sum(there[0].attendance_s > limit for limit in latest) for there in by_station.values()
        ),
        spare=tuple(min(len(there), n) for there in by_station.values()),
    )
    # One on the road counts elsewhere for a part of the time, which the search does not see.
    fewest = problem.view_counts()[kind :: problem.n_kinds, stations].min(axis=0)
    seen = all(count >= len(by_station[s]) for s, count in zip(stations, fewest.tolist(), strict=True))
    start = tuple(sum(one.station == station for one in found[:n]) for station in stations)
    search = LeastRemoval(Removal(index, problem, kind, stations, n), candidates, n)
    taken, proven = search.run(start)
    chosen = {
        one.appliance
        for station, number in zip(stations, taken, strict=True)
        for one in by_station[station][:number]
    }
    return [one for one in found if one.appliance in chosen], proven and seen


def _latest(problem: CoverProblem, nearest: list[Mobilised], most_later_s: float) -> list[float]:
    """Return the latest time of each place in the order of arrival, never falling."""
    standard = problem.standards[nearest[0].kind]
    targets = (standard.first_target_s, standard.second_target_s)
    latest = []
    for place, one in enumerate(nearest):
        if place < len(targets):
            limit = one.attendance_s + most_later_s
            latest.append(min(limit, targets[place]) if one.attendance_s <= targets[place] else limit)
        else:
            latest.append(one.attendance_s + SUPPORT_FACTOR * most_later_s)
    # Whoever comes before another comes no later than that one may.
    return [min(latest[place:]) for place in range(len(latest))]


def _choice(problem: CoverProblem, risk: ViewRisk, sent: list[Mobilised]) -> MobilisingChoice:
    times = [[one.attendance_s for one in sent if one.kind == k] for k in range(problem.n_kinds)]
    return MobilisingChoice(
        appliances=tuple(sent),
        risk_after=risk.of(views_without(problem, [one.appliance for one in sent])),
        first_s=tuple(of_kind[0] if of_kind else None for of_kind in times),
        second_s=tuple(of_kind[1] if len(of_kind) > 1 else None for of_kind in times),
    )
