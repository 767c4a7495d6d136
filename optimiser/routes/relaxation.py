"""The cheapest changes of the day that would let a stop be served, each shown to do so.

Called by the service and by `cover routes insert` where `why_not` found no vehicle. Every change offered was
made, the stop put in, and the plan accepted by the independent checker. It never changes the day itself.
"""

from dataclasses import dataclass, replace

import numpy as np

from optimiser.routes.arrays import RouteInputError
from optimiser.routes.change_price import minute_cost, price_min
from optimiser.routes.checker import Checker
from optimiser.routes.day_change import Change, ChangeKind, change_words, changed_day
from optimiser.routes.obstacle_search import Obstacles
from optimiser.routes.plan import DayPlan, Kind
from optimiser.routes.problem import RouteProblem
from optimiser.routes.reasons import Reason, RoundSearch, open_stop, plan_with, search_round, static_reasons
from optimiser.routes.round_change import changes_for, try_changes
from optimiser.routes.round_trial import Obstacle, RoundTrial
from optimiser.routes.verdict import Verdict

MOST_VEHICLES = 12
"""Vehicles that are looked at: those that could serve it by skill, street and lock, and pass nearest."""
MOST_SETS = 4
"""Sets of rules looked at for each vehicle."""
TRIES_PER_OFFER = 2
"""Candidates given to the checker for each relaxation asked for, in case it does not accept one."""
NEVER_OFFERED = (Reason.REVERSING,)
"""A street's safety. So is its direction, for which there is no kind of change either."""
STATIC_KIND = {Reason.SKILL: ChangeKind.SKILL, Reason.LOCK_VEHICLE: ChangeKind.UNLOCK_VEHICLE}


@dataclass(frozen=True, slots=True, eq=False)
class Relaxation:
    """Changes of the day with which a stop can be served, and the day and plan that show it.

    Parameters
    ----------
    changes
        To be made together; of each the least that does, in whole minutes, pieces, or hundredths of the load.
    vehicle
        Who then serves the stop.
    price_min
        Minutes, by the scale of `change_price`, and what serving costs more than leaving the stop.
    cost_added
        What serving it adds to the day's cost, in the cost's unit.
    text
        The changes in words.
    problem, plan
        The day so changed, and the plan with the stop.
    """

    changes: tuple[Change, ...]
    vehicle: int
    price_min: float
    cost_added: float
    text: str
    problem: RouteProblem
    plan: DayPlan


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    price_min: float
    cost: float
    vehicle: int
    changes: tuple[Change, ...]
    plan: DayPlan


def cheapest_relaxation(
    problem: RouteProblem, plan: DayPlan, stop: int, most: int = 3
) -> tuple[Relaxation, ...]:
    """Find the cheapest changes that would let a stop be served.

    Parameters
    ----------
    problem
        The day.
    plan
        As it stands; one round per vehicle.
    stop
        Number of a stop it leaves unserved.
    most
        So many relaxations at most, of different kinds.

    Returns
    -------
    tuple
        The cheapest first. Empty where nothing that is offered would do; one without changes where the stop
        can be served as it is.

    Raises
    ------
    RouteInputError
        Where there is no such stop, it is served, or `most` is not positive.
    """
    if most < 1:
        raise RouteInputError("most", most, "a whole number from 1")
    open_stop(problem, plan, stop)
    if stop not in plan.unserved:
        plan = replace(plan, unserved=tuple(sorted((*plan.unserved, stop))))
    found = [
        candidate
        for vehicle in _nearest(problem, plan, stop)
        for candidate in _candidates(problem, plan, stop, search_round(problem, plan, vehicle, stop))
    ]
    # Of each kind of change the cheapest: ten vehicles with overtime are one piece of advice.
    best: dict[tuple[ChangeKind, ...], _Candidate] = {}
    for candidate in sorted(found, key=lambda one: (one.price_min, one.cost, one.vehicle)):
        best.setdefault(tuple(sorted(change.kind for change in candidate.changes)), candidate)
    before = Checker(problem).check(plan)
    shown: list[Relaxation] = []
    for candidate in list(best.values())[: most * TRIES_PER_OFFER]:
        offer = _shown(problem, before, stop, candidate)
        if offer is not None:
            shown.append(offer)
        if len(shown) == most:
            break
    return tuple(sorted(shown, key=lambda one: one.price_min))


def _nearest(problem: RouteProblem, plan: DayPlan, stop: int) -> list[int]:
    """Vehicles that are not lost: first those that may serve it, and of these who comes nearest."""
    stops, past, away = problem.stops, problem.in_force, []
    to_s = problem.travel_s[:, int(stops.entry[stop])]
    for vehicle, visits in enumerate(plan.rounds):
        if past is not None and past.lost[vehicle]:
            continue
        served = [visit.index for visit in visits if visit.kind == Kind.STOP]
        places = np.append(stops.exit[served], problem.fleet.start[vehicle])
        barred = len(static_reasons(problem, vehicle, stop))
        away.append((barred, float(to_s[places].min()), vehicle))
    return [vehicle for _, _, vehicle in sorted(away)[:MOST_VEHICLES]]


def _candidates(problem: RouteProblem, plan: DayPlan, stop: int, search: RoundSearch) -> list[_Candidate]:
    """Changes that let one vehicle serve the stop, the cheapest of each kind."""
    if any(code in NEVER_OFFERED for code in search.static):
        return []
    trial = search.trial
    vehicle = trial.cut.vehicle
    static = tuple(_static_change(problem, code, vehicle, stop) for code in search.static)
    best: dict[tuple[ChangeKind, ...], tuple[float, tuple[Change, ...], tuple[Change, ...]]] = {}
    for obstacles in _promising(search.sets):
        for changes in changes_for(trial, obstacles):
            whole = (*static, *(_whole(trial, change) for change in changes))
            price = sum(price_min(problem, change) for change in whole)
            kinds = tuple(change.kind for change in changes)
            if kinds not in best or price < best[kinds][0]:
                best[kinds] = (price, changes, whole)
    made = []
    for price, changes, whole in best.values():
        if not try_changes(trial, changes):
            continue
        place = trial.place()
        dearer = max(0.0, place[0] - float(problem.stops.unserved_cost[stop]))
        with_stop = plan_with(plan, trial, stop)
        if with_stop is not None:
            minutes = price + dearer / minute_cost(problem)
            made.append(_Candidate(minutes, place[0], vehicle, whole, with_stop))
    return made


def _promising(sets: tuple[Obstacles, ...]) -> tuple[Obstacles, ...]:
    """Sets against which there are changes at all."""
    return tuple(few for few in sets if Obstacle.DIRECTION not in few)[:MOST_SETS]


def _static_change(problem: RouteProblem, code: Reason, vehicle: int, stop: int) -> Change:
    kind = STATIC_KIND[code]
    if kind == ChangeKind.SKILL:
        lacking = int(problem.stops.skills[stop]) & ~int(problem.fleet.skills[vehicle])
        return Change(kind, vehicle=vehicle, amount=float(lacking))
    return Change(kind, stop=stop)


def _whole(trial: RoundTrial, change: Change) -> Change:
    """A change of the cut in the numbers of the whole day."""
    return replace(
        change,
        vehicle=trial.cut.vehicle if change.vehicle >= 0 else -1,
        stop=trial.cut.numbers[change.stop] if change.stop >= 0 else -1,
    )


def _shown(problem: RouteProblem, before: Verdict, stop: int, candidate: _Candidate) -> Relaxation | None:
    """The candidate as an offer, where the checker accepts it."""
    changed = changed_day(problem, candidate.changes)
    after = Checker(changed).check(candidate.plan)
    if not _accepted(before, after, candidate.vehicle):
        return None
    price = float(problem.stops.unserved_cost[stop])
    added = after.cost.total - (before.cost.total - price)
    changes, price_of_it = candidate.changes, candidate.price_min
    if added > price:
        changes = (*changes, Change(ChangeKind.PRIORITY, stop=stop, amount=added - price))
        changed = changed_day(problem, changes)
    text = "; ".join(change_words(problem, change) for change in changes)
    return Relaxation(changes, candidate.vehicle, price_of_it, added, text, changed, candidate.plan)


def _accepted(before: Verdict, after: Verdict, vehicle: int) -> bool:
    """No rule broken in the vehicle's round, and elsewhere none that was not broken already."""
    known = {(v.code, v.vehicle, v.position, v.stop) for v in before.violations if v.vehicle != vehicle}
    return all((v.code, v.vehicle, v.position, v.stop) in known for v in after.violations)
