"""The rounds of the morning for a council that has none yet, and figures of the weeks before.

Called by `cover council demo`, once for each council: the rounds are kept in its pack. How good they
are depends on the machine; that they keep every rule the independent checker has said before they leave.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from geo.council import Council, PastWeeks
from optimiser.routes.arrays import FloatArray
from optimiser.routes.checker import check
from optimiser.routes.engine import solve
from optimiser.routes.plan import DayPlan, Kind
from optimiser.routes.problem import RouteProblem
from optimiser.routes.verdict import Verdict
from services.council.council_problem import (
    METRES_OF_KM,
    SECONDS_OF_HOUR,
    council_problem,
    round_of_words,
    words_of_round,
)
from services.council.round_areas import Group, groups_of
from services.council.rounds_warm_up import warm_up_rounds

SECONDS_A_VEHICLE = 1.2
THREADS = 2
# Rounds end before their shift does; every third has room for what comes up during the day.
MARGIN_S, ROOMY_MARGIN_S, ROOMY_EVERY = 600.0, 2_400.0, 3
# Crews of neighbouring rounds work about equally long: a second of difference costs half a second of driving.
BALANCE = 0.0025
PAST_WEEKS = 6
# What weeks before are generated from: their mean over today's plan, and how much they differ.
COST_OVER, COST_SPREAD = 1.03, 0.015
DISTANCE_OVER, DISTANCE_SPREAD = 1.04, 0.02
OVERTIME_H_A_VEHICLE = 0.06
MISSED_PER_1000, MISSED_SPREAD = 1.1, 0.25


class MorningError(ValueError):
    """No rounds that keep every rule were found; the message says what is left over."""


def with_morning_rounds(
    council: Council,
    seed: int = 1,
    seconds_a_vehicle: float = SECONDS_A_VEHICLE,
    progress: Callable[[str], None] | None = None,
) -> Council:
    """Plan all rounds of a council, group by group of neighbouring vehicles, and generate the weeks before.

    Parameters
    ----------
    seconds_a_vehicle
        Search for each vehicle of a group, on two threads.
    progress
        Told in words what is being done.

    Raises
    ------
    MorningError
        Where stops are left over even with overtime, or a rule is broken.
    """
    say = progress or (lambda _: None)
    say("getting the route engine ready; the first time that takes a minute or two")
    warm_up_rounds()
    part = council.vehicles
    roomy = np.arange(len(part.ids)) % ROOMY_EVERY == 0
    planned_end_s = part.shift_end_s - np.where(roomy, ROOMY_MARGIN_S, MARGIN_S)
    rounds: list[tuple[str, ...]] = [()] * len(part.ids)
    groups = groups_of(council, planned_end_s)
    for number, group in enumerate(groups, start=1):
        some = f"{len(group.stops)} stops, {len(group.vehicles)} vehicles"
        say(f"rounds, group {number} of {len(groups)}: {some}")
        for vehicle, words in _group_rounds(council, group, planned_end_s, seconds_a_vehicle, seed).items():
            rounds[vehicle] = words
    planned = replace(council, rounds=tuple(rounds))
    say("checking every rule of every round")
    verdict = judged(planned)
    if not verdict.feasible:
        raise MorningError(f"rounds: {verdict.violations[0].text}; and {len(verdict.violations) - 1} more")
    return replace(planned, past=past_weeks(planned, verdict, seed))


def judged(council: Council) -> Verdict:
    """Return the checker's word on the council's rounds as they stand, every stop of the council in mind."""
    rounds = tuple(round_of_words(words, council.stop_number, council.tip_number) for words in council.rounds)
    served = {visit.index for visits in rounds for visit in visits if visit.kind == Kind.STOP}
    unserved = tuple(stop for stop in range(len(council.stops.ids)) if stop not in served)
    return check(council_problem(council).problem, DayPlan(rounds, unserved))


def _group_rounds(
    council: Council, group: Group, planned_end_s: FloatArray, seconds_a_vehicle: float, seed: int
) -> dict[int, tuple[str, ...]]:
    """Return the words of a group's rounds by vehicle: within the margins, else the shift, else overtime."""
    if not len(group.stops):
        return {}
    posed = council_problem(council, group.vehicles, group.stops)
    plan: DayPlan | None = None
    for problem in _easier(posed.problem, planned_end_s[group.vehicles]):
        answer = solve(
            problem, seconds_a_vehicle * len(group.vehicles), start=plan, seed=seed, threads=THREADS
        )
        plan = answer.plan
        if not plan.unserved:
            break
    if plan is None or plan.unserved:
        left = [posed.problem.stops.ids[stop] for stop in plan.unserved] if plan else []
        raise MorningError(
            f"rounds: {len(left)} stops, {left[0]} among them, fit into none of "
            f"{', '.join(posed.problem.fleet.ids)}; give it more vehicles, longer shifts or fewer stops"
        )
    return {
        int(vehicle): tuple(words_of_round(visits, posed.problem.stops.ids, council.tips.ids))
        for vehicle, visits in zip(group.vehicles, plan.rounds, strict=True)
    }


def _easier(problem: RouteProblem, planned_end_s: FloatArray) -> list[RouteProblem]:
    """Return the problem with margins, without them, and with overtime.

    All vehicles go out in the morning, so that their fixed costs do not count.
    """
    free = replace(
        problem,
        fleet=replace(problem.fleet, fixed_cost=np.zeros(len(problem.fleet))),
        weights=replace(problem.weights, balance=BALANCE),
    )
    none = np.zeros(len(problem.fleet))
    within_shift = replace(free, fleet=replace(free.fleet, max_overtime_s=none))
    with_margin = replace(within_shift, fleet=replace(within_shift.fleet, shift_end_s=planned_end_s))
    return [with_margin, within_shift, free]


def past_weeks(council: Council, verdict: Verdict, seed: int) -> PastWeeks:
    """Generate figures of the weeks before from those of the plan: a little dearer, and never twice the same.

    They are invented, as the council is, and only there so that a day has something to be compared with.
    """
    rng = np.random.default_rng([seed, PAST_WEEKS])
    cost = verdict.cost.total / max(int(council.stops.households.sum()), 1)
    distance_km = verdict.cost.dist_m / METRES_OF_KM
    overtime_h = verdict.cost.overtime_s / SECONDS_OF_HOUR + OVERTIME_H_A_VEHICLE * len(council.vehicles.ids)
    labels = [f"{ago} weeks ago" if ago > 1 else "1 week ago" for ago in range(PAST_WEEKS, 0, -1)]
    return PastWeeks(
        tuple(labels),
        np.round(cost * rng.normal(COST_OVER, COST_SPREAD, PAST_WEEKS), 4),
        np.round(overtime_h * rng.gamma(4.0, 0.25, PAST_WEEKS), 2),
        np.round(distance_km * rng.normal(DISTANCE_OVER, DISTANCE_SPREAD, PAST_WEEKS), 1),
        np.round(MISSED_PER_1000 * np.exp(rng.normal(0, MISSED_SPREAD, PAST_WEEKS)), 3),
    )
