"""What happens on a made-up council's day: the clock moves on, a new stop comes in, a lorry is lost.

Used by the route benchmark, by tests and by the demo, on what `council_day` made. The times of a plan are the
checker's. It plans nothing: each function returns a problem as the engine would be asked it.
"""

from dataclasses import fields, replace
from typing import Any

import numpy as np

from optimiser.benchmarks.council_day import CouncilDay
from optimiser.benchmarks.routes_rules import (
    BAN_SHARE,
    HOUR_S,
    NO_REVERSING_SHARE,
    PRIORITY_SHARES,
    SCHOOL_H,
    SKILL_SHARE,
    UNSERVED_COST,
    WINDOW_SHARE,
    WINDOWS_H,
)
from optimiser.routes.checker import check
from optimiser.routes.plan import BREAK_ON_ARRIVAL, Kind, Round
from optimiser.routes.problem import InForce, RouteProblem
from optimiser.routes.stops import ANYWHERE, Stops

# A stop that comes in during the day: a missed collection, some bags, a bulky item.
NEW_SERVICE_S, NEW_LOAD_KG = (60, 420), (15.0, 350.0)
# Residual only, recycling only, both.
NEW_MATERIAL_SHARES = (0.75, 0.15, 0.1)
# A window of a new stop is still open for so long.
STILL_OPEN_S = 1.5 * HOUR_S
BAN_COUNT = len(SCHOOL_H)


def at_time(day: CouncilDay, clock_s: float, late_s: float = 0.0, seed: int = 0) -> RouteProblem:
    """Return the day as it stands at a time: what is done, or next up, stays.

    Parameters
    ----------
    day
        A day whose plan in force keeps all rules.
    clock_s
        The time of the day.
    late_s
        Crews have finished what is done later than planned by up to so much, each by its own; those to whom
        that would break a rule are on time.
    seed
        Of the lateness.
    """
    plan, count = day.plan, len(day.plan.rounds)
    done, free_s = np.zeros(count, dtype=np.int64), np.full(count, np.nan)
    behind_s = np.random.default_rng(seed).uniform(0.0, late_s, count) if late_s else np.zeros(count)
    for vehicle, sheet in enumerate(check(day.problem, plan).rounds):
        finish_s = np.asarray(sheet.times.finish_s, dtype=np.float64)
        if not len(finish_s) or sheet.start_s > clock_s:
            continue
        # The crew is on its way to the visit after each that is over.
        under_way = min(1 + int((finish_s <= clock_s).sum()), len(finish_s))
        done[vehicle] = _whole(plan.rounds[vehicle], under_way)
        if not done[vehicle]:
            continue
        free_s[vehicle] = finish_s[done[vehicle] - 1] + np.round(behind_s[vehicle])
    lost = np.zeros(count, dtype=np.bool_)
    found = replace(day.problem, in_force=InForce(plan, done, free_s, lost))
    broken = sorted({v.vehicle for v in check(found, plan).violations if v.vehicle >= 0})
    if broken:
        free_s[broken] = np.nan
        found = replace(day.problem, in_force=InForce(plan, done, free_s, lost))
    return found


def _whole(visits: Round, done: int) -> int:
    """Return a number of done visits of which the last is not a rest where the next one is."""
    if done and visits[done - 1][:2] == (Kind.BREAK, BREAK_ON_ARRIVAL):
        return done + 1 if done < len(visits) else done - 1
    return done


def lose_vehicle(day: CouncilDay, remaining: int = 26, seed: int = 0) -> tuple[RouteProblem, int, float]:
    """Return the day at the moment a lorry with so many stops still to do is lost, which it is, and when.

    Parameters
    ----------
    day
        A day whose plan in force keeps all rules.
    remaining
        Stops the lorry has still to do; where no round has so many, as many as the longest has.
    seed
        Which of the lorries that have so many.
    """
    rounds = day.plan.rounds
    stops = [[n for n, visit in enumerate(visits) if visit.kind == Kind.STOP] for visits in rounds]
    remaining = min(remaining, max(len(own) for own in stops))
    able = [vehicle for vehicle, own in enumerate(stops) if len(own) >= remaining]
    vehicle = able[int(np.random.default_rng(seed).integers(len(able)))]
    served = len(stops[vehicle]) - remaining
    sheet = check(day.problem, day.plan).rounds[vehicle]
    # Nothing served: it does not leave the yard.
    last = stops[vehicle][served - 1] if served else -1
    clock_s = float(sheet.times.finish_s[last]) if served else float(sheet.start_s)
    problem = at_time(day, clock_s)
    assert problem.in_force is not None  # noqa: S101
    now = problem.in_force
    done, lost, free_s = now.done.copy(), now.lost.copy(), now.free_s.copy()
    done[vehicle], lost[vehicle] = last + 1, True
    free_s[vehicle] = clock_s if served else np.nan
    return replace(problem, in_force=InForce(now.plan, done, free_s, lost)), vehicle, clock_s


def new_stop(day: CouncilDay, rng: np.random.Generator, clock_s: float = 0.0, name: str = "new") -> Stops:
    """Return one stop that comes in at a time, with the rules the day's stops have.

    Parameters
    ----------
    day
        Where it may be: at one of the spare places.
    rng
        What it is drawn from.
    clock_s
        Its windows, if it has any, are still open for a while.
    name
        Its id.
    """
    at = int(rng.integers(len(day.spare_entry)))
    opens, closes = np.full((1, 2), np.inf), np.full((1, 2), np.inf)
    opens[0, 0] = -np.inf
    fits = [hours for hours in WINDOWS_H if max(span[1] for span in hours) * HOUR_S >= clock_s + STILL_OPEN_S]
    if fits and rng.random() < WINDOW_SHARE:
        hours = fits[int(rng.integers(len(fits)))]
        for w, span in enumerate(hours):
            opens[0, w], closes[0, w] = span[0] * HOUR_S, span[1] * HOUR_S
    bans = np.full((2, 1, BAN_COUNT), np.inf)
    if rng.random() < BAN_SHARE:
        bans[:, 0] = np.array(SCHOOL_H).T * HOUR_S
    skills = sum(skill for skill, share in SKILL_SHARE.items() if rng.random() < share / 2)
    kind = int(rng.choice(3, p=NEW_MATERIAL_SHARES))
    load = np.round(rng.uniform(*NEW_LOAD_KG, (1, 2))) * np.array([[kind != 1, kind != 0]])
    return Stops(
        ids=(name,),
        entry=day.spare_entry[at : at + 1],
        exit=day.spare_exit[at : at + 1],
        either_way=day.spare_either_way[at : at + 1],
        service_s=np.array([float(rng.integers(*NEW_SERVICE_S))]),
        load=load,
        window_open_s=opens,
        window_close_s=closes,
        ban_from_s=bans[0],
        ban_until_s=bans[1],
        no_reversing=np.array([rng.random() < NO_REVERSING_SHARE]),
        skills=np.array([skills], dtype=np.int64),
        release_s=np.array([-np.inf]),
        unserved_cost=np.array([float(rng.choice(UNSERVED_COST, p=PRIORITY_SHARES))]),
        locked_vehicle=np.array([ANYWHERE], dtype=np.int64),
        locked_position=np.array([ANYWHERE], dtype=np.int64),
    )


def with_stops(problem: RouteProblem, more: Stops) -> RouteProblem:
    """Return a problem with further stops, numbered last; its plan in force leaves them unserved."""
    count = len(problem.stops)
    columns: dict[str, Any] = {
        one.name: _joined(getattr(problem.stops, one.name), getattr(more, one.name)) for one in fields(Stops)
    }
    now = problem.in_force
    if now is not None:
        unserved = (*now.plan.unserved, *range(count, count + len(more)))
        now = replace(now, plan=replace(now.plan, unserved=unserved))
    return replace(problem, stops=Stops(**columns), in_force=now)


def _joined(first: object, second: object) -> object:
    if isinstance(first, tuple) and isinstance(second, tuple):
        return first + second
    return np.concatenate([np.asarray(first), np.asarray(second)])
