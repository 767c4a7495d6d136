"""What changes between two plans of the same day: stops that move, cost, and every round's figures.

Called by `cover routes compare`. Compares what the checker says of both; never judges or solves anything.
"""

import msgspec

from optimiser.routes.formats.instance import Instance
from optimiser.routes.plan import DayPlan, Kind
from services.routes_answer import CostRow, Judged, RoundRow, RoutesAnswer, routes_answer

FORMAT = "routes-comparison/1"

ROUND_FIGURES = (
    "stops",
    "trips",
    "finish_s",
    "drive_s",
    "dist_m",
    "overtime_s",
    "cost",
)


class MovedStop(msgspec.Struct):
    """A stop that another vehicle serves; null where none does."""

    stop: str
    from_: str | None = msgspec.field(name="from")
    to: str | None


class RoundChange(msgspec.Struct):
    """A vehicle whose round is another: its figures in both plans, and whether its stops are the same."""

    vehicle: str
    same_stops: bool
    a: dict[str, float] | None
    b: dict[str, float] | None


class PlanSummary(msgspec.Struct):
    """One of the two plans."""

    plan: str
    feasible: bool
    cost: float
    costs: CostRow


class Comparison(msgspec.Struct):
    """What changes from plan a to plan b."""

    format: str
    file: str
    a: PlanSummary
    b: PlanSummary
    cost_difference: float
    costs_difference: dict[str, float]
    moved: list[MovedStop]
    rounds: list[RoundChange]


def compare_plans(file: str, instance: Instance, a: tuple[str, Judged], b: tuple[str, Judged]) -> Comparison:
    """Return what changes from plan a to plan b, each given with its name."""
    answers = [routes_answer(file, instance, judged) for _, judged in (a, b)]
    before, after = (msgspec.structs.asdict(answer.costs) for answer in answers)
    changes = {key: round(after[key] - before[key], 6) for key in before}
    return Comparison(
        format=FORMAT,
        file=file,
        a=_summary(a[0], answers[0]),
        b=_summary(b[0], answers[1]),
        cost_difference=round(answers[1].cost - answers[0].cost, 6),
        costs_difference={key: change for key, change in changes.items() if change},
        moved=_moved(instance, a[1].plan, b[1].plan),
        rounds=_rounds(instance, a[1].plan, b[1].plan, answers),
    )


def _summary(name: str, answer: RoutesAnswer) -> PlanSummary:
    return PlanSummary(name, answer.feasible, answer.cost, answer.costs)


def _moved(instance: Instance, a: DayPlan, b: DayPlan) -> list[MovedStop]:
    before, after = a.vehicle_of(), b.vehicle_of()
    fleet, stops = instance.problem.fleet.ids, instance.problem.stops.ids

    def name(vehicle: int | None) -> str | None:
        return None if vehicle is None else fleet[vehicle]

    return [
        MovedStop(stops[stop], name(before.get(stop)), name(after.get(stop)))
        for stop in range(len(stops))
        if before.get(stop) != after.get(stop)
    ]


def _rounds(instance: Instance, a: DayPlan, b: DayPlan, answers: list[RoutesAnswer]) -> list[RoundChange]:
    sheets_a, sheets_b = ({row.vehicle: row for row in answer.rounds} for answer in answers)
    changes = []
    for vehicle, name in enumerate(instance.problem.fleet.ids):
        if a.rounds[vehicle] != b.rounds[vehicle]:
            stops_a, stops_b = (
                {visit.index for visit in plan.rounds[vehicle] if visit.kind == Kind.STOP} for plan in (a, b)
            )
            figures = (_figures(sheets_a.get(name)), _figures(sheets_b.get(name)))
            changes.append(RoundChange(name, stops_a == stops_b, *figures))
    return changes


def _figures(row: RoundRow | None) -> dict[str, float] | None:
    return None if row is None else {field: getattr(row, field) for field in ROUND_FIGURES}
