"""The answer that `cover routes` prints of a plan, built from the plan and its verdict.

Called by the commands and the tests. Judges nothing itself: whether a plan is feasible, what it costs and
when everything happens is the checker's word.
"""

import math
from dataclasses import dataclass

from optimiser.routes.formats.instance import Instance
from optimiser.routes.plan import DayPlan, Kind
from optimiser.routes.verdict import RoundSheet, Verdict
from services.routes_answer_document import FORMAT, CostRow, RoundRow, RoutesAnswer, ViolationRow, VisitRow
from services.routes_plan_rows import row_of

DIGITS = 3
"""Seconds and metres are given to a thousandth."""
BREAK = "break"


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A plan and the checker's word on it."""

    plan: DayPlan
    verdict: Verdict
    elapsed_s: float


def routes_answer(file: str, instance: Instance, judged: Judged) -> RoutesAnswer:
    """Return what is printed of a judged plan."""
    plan, verdict = judged.plan, judged.verdict
    violations = violation_rows(instance, plan, verdict)
    return RoutesAnswer(
        format=FORMAT,
        file=file,
        name=instance.name,
        kind=instance.kind,
        feasible=verdict.feasible and not violations,
        cost=instance.cost_of(verdict),
        routes=[_places(instance, plan, v) for v, visits in enumerate(plan.rounds) if visits],
        unserved=[instance.problem.stops.ids[stop] for stop in plan.unserved],
        violations=violations,
        elapsed_s=round(judged.elapsed_s, DIGITS),
        costs=_costs(verdict),
        rounds=[_round(instance, plan, sheet) for sheet in verdict.rounds if plan.rounds[sheet.vehicle]],
    )


def violation_rows(instance: Instance, plan: DayPlan, verdict: Verdict) -> list[ViolationRow]:
    """Return the checker's violations by name, and unserved stops where all must be served."""
    fleet, stops = instance.problem.fleet, instance.problem.stops

    def name_of(names: tuple[str, ...], number: int) -> str | None:
        return names[number] if 0 <= number < len(names) else None

    rows = [
        ViolationRow(
            code=str(broken.code),
            vehicle=name_of(fleet.ids, broken.vehicle),
            position=None if broken.position < 0 else broken.position,
            stop=name_of(stops.ids, broken.stop),
            amount=round(broken.amount, DIGITS),
            text=broken.text,
        )
        for broken in verdict.violations
    ]
    if instance.must_serve_all:
        for stop in plan.unserved:
            text = f"stop {stops.ids[stop]} is not served, and in this instance every stop must be"
            rows.append(ViolationRow("unserved", None, None, stops.ids[stop], 0.0, text))
    return rows


def round_cost(instance: Instance, sheet: RoundSheet) -> float:
    """Return what a round costs by itself, in the unit of the instance's cost."""
    return sheet.cost if instance.cost_per_m is None else sheet.dist_m * instance.cost_per_m


def place_name(instance: Instance, location: int) -> str:
    """Return the name of a location."""
    return instance.location_ids[location] if instance.location_ids else str(location)


def _places(instance: Instance, plan: DayPlan, vehicle: int) -> list[str]:
    """Return the names a vehicle passes, depots included; a tip at the depot of its name is one place."""
    problem = instance.problem
    names = [place_name(instance, int(problem.fleet.start[vehicle]))]
    for kind, index, _ in plan.rounds[vehicle]:
        if kind == Kind.BREAK:
            names.append(BREAK)
        else:
            names.append((problem.stops.ids if kind == Kind.STOP else problem.tips.ids)[index])
    if not _is_lost(instance, vehicle):
        end, last = int(problem.fleet.end[vehicle]), plan.rounds[vehicle][-1]
        # In published instances the depot is the tip: back there is back there, once.
        if instance.kind != "native" and last.kind == Kind.TIP and problem.tips.location[last.index] == end:
            names.pop()
        names.append(place_name(instance, end))
    return names


def _is_lost(instance: Instance, vehicle: int) -> bool:
    in_force = instance.problem.in_force
    return in_force is not None and bool(in_force.lost[vehicle])


def _time(seconds: float) -> float | None:
    return None if math.isnan(seconds) else round(float(seconds), DIGITS)


def _round(instance: Instance, plan: DayPlan, sheet: RoundSheet) -> RoundRow:
    problem, vehicle, cost = instance.problem, sheet.vehicle, round_cost(instance, sheet)
    materials = instance.materials or tuple(f"material {k}" for k in range(len(sheet.load)))
    times = sheet.times
    visits = []
    for i, visit in enumerate(plan.rounds[vehicle]):
        row = row_of(visit, problem)
        visits.append(
            VisitRow(
                _time(times.arrive_s[i]),
                _time(times.begin_s[i]),
                _time(times.finish_s[i]),
                row.stop,
                row.tip,
                row.break_,
                row.backward,
            )
        )
    return RoundRow(
        vehicle=problem.fleet.ids[vehicle],
        start=place_name(instance, int(problem.fleet.start[vehicle])),
        end=None if _is_lost(instance, vehicle) else place_name(instance, int(problem.fleet.end[vehicle])),
        start_s=round(sheet.start_s, DIGITS),
        finish_s=round(sheet.finish_s, DIGITS),
        visits=visits,
        stops=sheet.stops,
        trips=sheet.trips,
        drive_s=round(sheet.drive_s, DIGITS),
        dist_m=round(sheet.dist_m, DIGITS),
        service_s=round(sheet.service_s, DIGITS),
        wait_s=round(sheet.wait_s, DIGITS),
        break_s=round(sheet.break_s, DIGITS),
        overtime_s=round(sheet.overtime_s, DIGITS),
        load={name: round(float(load), DIGITS) for name, load in zip(materials, sheet.load, strict=True)},
        cost=round(cost, DIGITS),
        cost_per_collection=round(cost / sheet.stops, DIGITS) if sheet.stops else None,
    )


def _costs(verdict: Verdict) -> CostRow:
    cost = verdict.cost
    late = [broken.amount for broken in verdict.violations if broken.code in ("window", "tip_hours")]
    return CostRow(
        total=round(cost.total, DIGITS),
        legs=round(cost.legs, DIGITS),
        vehicles=round(cost.vehicles, DIGITS),
        overtime=round(cost.overtime, DIGITS),
        unserved=round(cost.unserved, DIGITS),
        churn=round(cost.churn, DIGITS),
        balance=round(cost.balance, DIGITS),
        dist_m=round(cost.dist_m, DIGITS),
        drive_s=round(cost.drive_s, DIGITS),
        overtime_s=round(cost.overtime_s, DIGITS),
        late_s=round(math.fsum(late), DIGITS),
        unserved_stops=cost.unserved_stops,
        moved_stops=cost.moved_stops,
        untouched_stops=cost.untouched_stops,
        churn_share=round(cost.moved_stops / cost.untouched_stops, 6) if cost.untouched_stops else 0.0,
    )
