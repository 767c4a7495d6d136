"""What changes between two plans of the same day: stops that move, cost, and every round's figures.

Called by `cover routes compare`. Compares what the checker says of both; never judges or solves anything.
"""

import msgspec

from optimiser.routes import plan_comparison
from optimiser.routes.formats.instance import Instance
from services.routes_answer import Judged, routes_answer
from services.routes_answer_document import CostRow, RoundRow, RoutesAnswer

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
    found = plan_comparison.compare_plans(instance.problem, *((one.plan, one.verdict) for _, one in (a, b)))
    names = (*instance.problem.fleet.ids, None)  # the last is nobody's, whose number is -1
    stops = instance.problem.stops.ids
    moved = [MovedStop(stops[one.stop], names[one.before], names[one.after]) for one in found.moved]
    # In the unit of the answers, which may be the published instance's.
    rows = [{row.vehicle: row for row in answer.rounds} for answer in answers]
    rounds = []
    for one in found.rounds:
        vehicle = instance.problem.fleet.ids[one.vehicle]
        figures = [_figures(of.get(vehicle)) for of in rows]
        rounds.append(RoundChange(vehicle, not (one.taken or one.given), *figures))
    return Comparison(
        format=FORMAT,
        file=file,
        a=_summary(a[0], answers[0]),
        b=_summary(b[0], answers[1]),
        cost_difference=round(answers[1].cost - answers[0].cost, 6),
        costs_difference={key: change for key, change in changes.items() if change},
        moved=moved,
        rounds=rounds,
    )


def _summary(name: str, answer: RoutesAnswer) -> PlanSummary:
    return PlanSummary(name, answer.feasible, answer.cost, answer.costs)


def _figures(row: RoundRow | None) -> dict[str, float] | None:
    return None if row is None else {field: getattr(row, field) for field in ROUND_FIGURES}
