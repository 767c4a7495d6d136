"""Every way to put one stop into a round, tried one by one and judged by the checker.

Called by the tests of the instant layer only. Slow and plain on purpose: it shares nothing with the kernels.
"""

import math
from collections.abc import Iterator

from optimiser.routes.checker import Checker
from optimiser.routes.plan import BREAK_BEFORE_LEAVING, BREAK_ON_ARRIVAL, Kind, Round, Visit
from optimiser.routes.problem import RouteProblem
from optimiser.routes.verdict import RoundSheet


def done_of(problem: RouteProblem, vehicle: int) -> int:
    """Visits of a round that are done."""
    return 0 if problem.in_force is None else int(problem.in_force.done[vehicle])


def is_lost(problem: RouteProblem, vehicle: int) -> bool:
    """Whether a vehicle is lost."""
    return problem.in_force is not None and bool(problem.in_force.lost[vehicle])


def rested(problem: RouteProblem, vehicle: int, visits: Round) -> Iterator[Round]:
    """The round without a break in what is not done, and with one at every place and of either kind."""
    done = done_of(problem, vehicle)
    head, tail = visits[:done], tuple(v for v in visits[done:] if v.kind != Kind.BREAK)
    yield head + tail
    if problem.fleet.break_s[vehicle] == 0 or any(v.kind == Kind.BREAK for v in head):
        return
    for at in range(len(tail) + 1):
        for how in (BREAK_BEFORE_LEAVING, BREAK_ON_ARRIVAL):
            yield (*head, *tail[:at], Visit(Kind.BREAK, how), *tail[at:])


def _ways_in(problem: RouteProblem, vehicle: int, visits: Round, stop: int) -> Iterator[Round]:
    """The stop at every position, either way, alone or with a call at a tip (or two) beside it."""
    done = done_of(problem, vehicle)
    head, tail = visits[:done], tuple(v for v in visits[done:] if v.kind != Kind.BREAK)
    tips = [Visit(Kind.TIP, t) for t in range(len(problem.tips))]
    calls = [(tip,) for tip in tips] + [(a, b) for a in tips for b in tips if _both_needed(problem, a, b)]
    for at in range(len(tail) + 1):
        beside_tip = at < len(tail) and tail[at].kind == Kind.TIP
        gone = [v for v in (*head, *tail[:at]) if v.kind != Kind.BREAK]
        after_tip = not gone or gone[-1].kind == Kind.TIP
        if beside_tip and gone and after_tip and _both_needed(problem, gone[-1], tail[at]):
            continue  # two tips that together take what neither takes alone are one call to the engine
        for backward in (False, True) if problem.stops.either_way[stop] else (False,):
            visit = Visit(Kind.STOP, stop, backward)
            yield (*head, *tail[:at], visit, *tail[at:])
            for call in calls:
                # A tip just before another one, or one with nothing to tip, is not a place of its own.
                if not beside_tip:
                    yield (*head, *tail[:at], visit, *call, *tail[at:])
                if not after_tip:
                    yield (*head, *tail[:at], *call, visit, *tail[at:])


def _both_needed(problem: RouteProblem, a: Visit, b: Visit) -> bool:
    one, other = problem.tips.takes[a.index], problem.tips.takes[b.index]
    return bool((one & ~other).any() and (other & ~one).any())


def _emptied(problem: RouteProblem, visits: Round, sheet: RoundSheet) -> bool:
    """Whether nothing is left on board after a call at a tip, or at two that need each other."""
    for at, visit in enumerate(visits):
        if visit.kind == Kind.TIP and sheet.load_after[at].any():
            after = visits[at + 1] if at + 1 < len(visits) else visit
            if after.kind != Kind.TIP or not _both_needed(problem, visit, after):
                return False
    return True


def _left_at(problem: RouteProblem, vehicle: int, visits: Round) -> float:
    """Release of the trip that the vehicle is on when its done visits are over; inf where it is on none."""
    done = done_of(problem, vehicle)
    under_way = math.inf
    for at, visit in enumerate(visits):
        if at >= done and (under_way == math.inf or visit.kind == Kind.TIP):
            break
        if visit.kind == Kind.TIP:
            under_way = math.inf
        elif visit.kind == Kind.STOP:
            released = float(problem.stops.release_s[visit.index])
            under_way = released if under_way == math.inf else max(under_way, released)
    return under_way


def cheapest(problem: RouteProblem, vehicle: int, visits: Round, stop: int) -> tuple[float, Round]:
    """Least cost of a feasible round with the stop in it, by the checker; inf and nothing where none is."""
    checker, best = Checker(problem), math.inf
    found: Round = ()
    if is_lost(problem, vehicle):
        return best, ()
    left_at = _left_at(problem, vehicle, visits)
    for whole in _ways_in(problem, vehicle, visits, stop):
        if _left_at(problem, vehicle, whole) > left_at:
            continue  # its trip left before the stop could have been on it
        for tried in rested(problem, vehicle, whole):
            verdict = checker.check_round(vehicle, tried)
            # The engine never drives on with something on board from a tip that does not take it.
            if verdict.feasible and _emptied(problem, tried, verdict.sheet) and verdict.sheet.cost < best:
                best, found = verdict.sheet.cost, tried
    return best, found


def cheapest_as_it_is(problem: RouteProblem, vehicle: int, visits: Round) -> float:
    """Least cost of the round with its break wherever it is best."""
    checker = Checker(problem)
    verdicts = [checker.check_round(vehicle, tried) for tried in rested(problem, vehicle, visits)]
    return min((v.sheet.cost for v in verdicts if v.feasible), default=math.inf)
