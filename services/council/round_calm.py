"""Answers made calm: a crew gets a new order of its round only where that is worth telling it.

Used by the search for better answers. It only puts rounds in force back; it never finds a new one.
"""

from optimiser.routes.plan import DayPlan, Kind, Round
from services.council.round_options import Judge, Judged


def calm(judge: Judge, judged: Judged) -> Judged:
    """The plan with the rounds in force put back where their stops are the same and little is saved.

    A crew reads its sheet anew: that is taken to be worth as much as a stop that changes crew.
    """
    new_sheet = judge.part.problem.weights.per_moved_stop
    known, sheets = judge.before.plan.rounds, judge.before.verdict.rounds
    broken = {violation.vehicle for violation in judge.before.verdict.violations}
    rounds = list(judged.plan.rounds)
    for vehicle, (was, now) in enumerate(zip(known, rounds, strict=True)):
        if was == now or vehicle in broken or _stops(was) != _stops(now):
            continue
        if sheets[vehicle].cost - judged.verdict.rounds[vehicle].cost < new_sheet:
            rounds[vehicle] = was
    if tuple(rounds) == judged.plan.rounds:
        return judged
    calmer = judge.judged(DayPlan(tuple(rounds), judged.plan.unserved))
    return calmer if judge.accepts(calmer) else judged


def worth(judge: Judge, judged: Judged) -> float:
    """What a plan costs, the price of moved stops left out and that of new sheets put in."""
    cost = judged.verdict.cost
    changed = sum(was != now for was, now in zip(judge.before.plan.rounds, judged.plan.rounds, strict=True))
    return cost.total - cost.churn + judge.part.problem.weights.per_moved_stop * changed


def _stops(visits: Round) -> frozenset[int]:
    return frozenset(visit.index for visit in visits if visit.kind == Kind.STOP)
