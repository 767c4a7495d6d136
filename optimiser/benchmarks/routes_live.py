"""Instant answers on made-up days: a new stop, a lost lorry, and the three answers some seconds later.

Called by the route benchmark, each picture in a process of its own. The plan in force is the engine's, found
once for a day and kept in a file; a kept one is judged by the checker before it is used.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from optimiser.benchmarks.child_process import in_child
from optimiser.benchmarks.council_day import CouncilDay, council_day
from optimiser.benchmarks.routes_events import at_time, lose_vehicle, new_stop, with_stops
from optimiser.benchmarks.routes_rules import HOUR_S
from optimiser.routes.checker import check
from optimiser.routes.plan import DayPlan, Kind, Visit
from optimiser.routes.problem import RouteProblem
from optimiser.routes.verdict import Verdict

# Nothing done yet; the middle of the morning, breaks about to begin.
PICTURES_H = (5.9, 9.4)
REMAINING = 26
ANSWERS = ("no_churn", "little", "free")
ANSWERS_S, FREE_S = 5.0, 30.0
STOPS_PER_VEHICLE = 27.8
MORE_S = 600.0
# Inserts before the clock is looked at: code and arrays come into the caches.
WARM_INSERTS = 5
# In the middle of the day crews are behind by up to so much.
LATE_S = 600.0
MS_PER_S = 1e3
KEPT = Path("var/routes-days")


@dataclass(frozen=True, slots=True)
class LiveTask:
    """One picture of a made-up day and what is asked of it."""

    family: str
    seed: int
    clock_h: float
    stops: int
    inserts: int
    plan_seconds: float

    def key(self) -> dict[str, Any]:
        """What makes the row the only one of its kind."""
        minutes = round(self.clock_h * 60)
        when = f" at {minutes // 60:02d}:{minutes % 60:02d}" if self.family == "insert" else ""
        return {
            "family": self.family,
            "instance": f"day {self.seed}{when}",
            "solver": "engine",
            "seconds": 0.0 if self.family == "insert" else ANSWERS_S,
            "seed": self.seed,
        }


def live_tasks(seeds: Sequence[int], families: Sequence[str], given: Any) -> list[LiveTask]:
    """Return the pictures asked for: of each day two for inserts, one for a lost lorry."""
    return [
        LiveTask(family, seed, clock_h, given.stops, given.inserts, given.plan_seconds)
        for seed in seeds
        for family, clocks in (("insert", PICTURES_H), ("lost", PICTURES_H[:1]))
        for clock_h in clocks
        if family in families
    ]


def live_seconds(task: LiveTask) -> float:
    """Return about how long a picture takes."""
    again = task.family == "insert" and task.clock_h != PICTURES_H[0]
    plan_s = 0.0 if again else task.plan_seconds
    return plan_s + (0.1 * task.inserts if task.family == "insert" else FREE_S + 3 * ANSWERS_S)


def run_live(task: LiveTask) -> dict[str, Any]:
    """Return the row of a picture; one that did not come back has a status that says so."""
    measure = measure_inserts if task.family == "insert" else measure_lost
    row: dict[str, Any] | None = in_child(measure, (task,), task.plan_seconds + MORE_S)
    return task.key() | (row if row is not None else {"status": "failed"})


def day_in_force(task: LiveTask) -> CouncilDay:
    """Return the day of a seed with the engine's plan in force, kept from before where it is there."""
    day = council_day(task.seed, task.stops, max(2, round(task.stops / STOPS_PER_VEHICLE)))
    kept = KEPT / f"day-{task.seed}-{task.stops}-{task.plan_seconds:g}s.json"
    if kept.exists():
        plan = plan_of(json.loads(kept.read_text()))
        if check(day.problem, plan).feasible:
            return day.with_plan(plan)
    from optimiser.routes.engine import solve

    plan = solve(replace(day.problem, in_force=None), task.plan_seconds, start=day.plan, seed=task.seed).plan
    KEPT.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps({"rounds": plan.rounds, "unserved": plan.unserved}))
    return day.with_plan(plan)


def plan_of(kept: dict[str, Any]) -> DayPlan:
    """Return a plan from what its JSON says."""
    rounds = tuple(
        tuple(Visit(Kind(kind), index, backward) for kind, index, backward in visits)
        for visits in kept["rounds"]
    )
    return DayPlan(rounds, tuple(kept["unserved"]))


def orders(plan: DayPlan, without: int) -> list[list[int]]:
    """Return each round's stops in order, but for one."""
    return [
        [visit.index for visit in visits if visit.kind == Kind.STOP and visit.index != without]
        for visits in plan.rounds
    ]


def moved_by_insert(before: DayPlan, after: DayPlan, new: int) -> int:
    """Return how many rounds do not serve the stops they did in the order they did, the new one apart."""
    pairs = zip(orders(before, new), orders(after, new), strict=True)
    return sum(own != now for own, now in pairs)


def cost_without_churn(verdict: Verdict) -> float:
    """Return what a plan costs but for the price of moved stops."""
    return verdict.cost.total - verdict.cost.churn


def measure_inserts(task: LiveTask) -> dict[str, Any]:
    """Insert stops one at a time into a picture of a day, each taken back before the next."""
    from optimiser.routes.instant import LiveDay
    from optimiser.routes.live_answer import Insertion

    day, rng = day_in_force(task), np.random.default_rng([task.seed, round(task.clock_h * 60)])
    clock_s = task.clock_h * HOUR_S
    problem = at_time(day, clock_s, LATE_S, task.seed)
    live, new = LiveDay(problem), len(problem.stops)
    found: dict[str, int] = dict.fromkeys(("placed", "dear", "no_place", "churned", "not_feasible"), 0)
    times_ms: list[float] = []
    for n in range(-WARM_INSERTS, task.inserts):
        more = new_stop(day, rng, clock_s, f"new-{n + WARM_INSERTS}")
        start = time.perf_counter()
        answer = live.insert(more)
        spent_ms = (time.perf_counter() - start) * MS_PER_S
        if n >= 0:
            times_ms.append(spent_ms)
            if isinstance(answer, Insertion):
                found["placed"] += 1
            else:
                # Dear: it would cost more to serve than is paid for leaving it out.
                found["no_place" if answer.cheapest is None else "dear"] += 1
            found["churned"] += bool(moved_by_insert(day.plan, answer.plan, new))
            # Judged once more, whole and from nothing, outside the time.
            found["not_feasible"] += not check(with_stops(problem, more), answer.plan).feasible
        live.undo()
    done = 0 if problem.in_force is None else int(problem.in_force.done.sum())
    return {"status": "feasible", "stops": new, "done": done, "ms": times_ms} | found


def measure_lost(task: LiveTask) -> dict[str, Any]:
    """Lose a lorry, answer for each of its stops at once, and then look for better for some seconds."""
    day = day_in_force(task)
    problem, vehicle, clock_s = lose_vehicle(day, REMAINING, task.seed)
    instant, plan = _answered_at_once(problem, at_time(day, clock_s), vehicle)
    later, able = _answered_later(problem, task.seed)
    able &= check(problem, plan).feasible
    ratio = cost_without_churn(check(problem, plan)) / later["free_cost"]
    head = {"status": "feasible" if able else "infeasible", "vehicle": vehicle, "clock_s": clock_s}
    return head | instant | {"instant_ratio": ratio} | later


def _answered_at_once(
    problem: RouteProblem, before: RouteProblem, vehicle: int
) -> tuple[dict[str, Any], DayPlan]:
    """Return what became of each stop of the lorry, how soon, and the plan."""
    from optimiser.routes.instant import LiveDay
    from optimiser.routes.reasons import why_not

    assert problem.in_force is not None  # noqa: S101
    served = int(problem.in_force.done[vehicle])
    spent_s = 0.0
    # Twice: the first time code and arrays come into the caches.
    for _ in range(2):
        live = LiveDay(before)
        start = time.perf_counter()
        answer = live.lose_vehicle(vehicle, served=served)
        left = stops_left(problem, vehicle)
        missing = sorted(left & set(answer.plan.unserved))
        now = live.problem
        reasons = [why_not(now, answer.plan, stop) for stop in missing]
        spent_s = time.perf_counter() - start
    said = {
        "remaining": len(left),
        "placed": len(left) - len(missing),
        "explained": sum(bool(reason.text) for reason in reasons),
        "reasons": sorted({str(code) for reason in reasons for one in reason.vehicles for code in one.codes}),
        "answered_s": spent_s,
        "instant_moved": len(getattr(answer, "moved", ())),
    }
    return said, answer.plan


def _answered_later(problem: RouteProblem, seed: int) -> tuple[dict[str, Any], bool]:
    """Return how the three answers stand to the free one of longer, and whether all keep the rules."""
    from optimiser.routes.engine import solve, three_answers

    options = three_answers(problem, ANSWERS_S, seed=seed)
    # Moved stops cost nothing where anything is allowed.
    unrestricted = replace(problem, weights=replace(problem.weights, per_moved_stop=0.0))
    plans = {name: getattr(options, name).plan for name in ANSWERS}
    plans["best"] = solve(unrestricted, FREE_S, seed=seed).plan
    verdicts = {name: check(problem, plan) for name, plan in plans.items()}
    best_cost = cost_without_churn(verdicts["best"])
    ratio = {name: cost_without_churn(verdict) / best_cost for name, verdict in verdicts.items()}
    churn = {name: churn_share(verdict) for name, verdict in verdicts.items()}
    found = {
        "churn_share": churn["little"],
        "cost_ratio": ratio["little"],
        "no_churn_ratio": ratio["no_churn"],
        "free_ratio": ratio["free"],
        "free_cost": best_cost,
        "churn_shares": churn,
        "unserved": {name: verdict.cost.unserved_stops for name, verdict in verdicts.items()},
    }
    return found, all(verdict.feasible for verdict in verdicts.values())


def churn_share(verdict: Verdict) -> float:
    """Return the stops that changed lorry as a share of those that could have stayed."""
    return verdict.cost.moved_stops / max(verdict.cost.untouched_stops, 1)


def stops_left(problem: RouteProblem, vehicle: int) -> set[int]:
    """Return the stops that a vehicle has still to do by the plan in force."""
    assert problem.in_force is not None  # noqa: S101
    visits = problem.in_force.plan.rounds[vehicle][int(problem.in_force.done[vehicle]) :]
    return {visit.index for visit in visits if visit.kind == Kind.STOP}
