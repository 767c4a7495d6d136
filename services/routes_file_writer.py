"""A route problem written as a file of the project's own format (`routes-problem/1`).

Called by tests and by whoever hands a problem on. What `services.routes_file` reads from it is the same
problem; names the problem does not know are made up. Never solves anything.
"""

import math

import msgspec

from optimiser.routes.arrays import FloatArray
from optimiser.routes.formats.instance import Instance
from optimiser.routes.stops import ANYWHERE
from services.routes_document import (
    FORMAT,
    BreakRule,
    Clock,
    InForceRound,
    InForceRows,
    Location,
    Lock,
    RoutesDocument,
    StopRow,
    Street,
    TipRow,
    Travel,
    VehicleRow,
    Weights,
)
from services.routes_file_fleet import MOST_TRIPS
from services.routes_file_numbers import MOST_NUMBER, clock_text
from services.routes_plan_rows import row_of


def document_of(instance: Instance) -> RoutesDocument:
    """Return the problem of an instance as a document: matrices for travel, a price for each stop."""
    problem = instance.problem
    n_materials, n_locations = problem.stops.load.shape[1], len(problem.travel_s)
    materials = list(instance.materials) or [f"material {k}" for k in range(n_materials)]
    locations = list(instance.location_ids) or [f"L{place}" for place in range(n_locations)]
    skills = list(instance.skills) or _skill_names(instance)
    bits = [(1 << bit, name) for bit, name in enumerate(skills)]
    return RoutesDocument(
        format=FORMAT,
        name=instance.name,
        materials=materials,
        skills=skills or None,
        locations=[Location(id=name) for name in locations],
        travel=Travel(travel_s=_rows(problem.travel_s), dist_m=_rows(problem.dist_m)),
        vehicles=[_vehicle(instance, v, materials, locations, bits) for v in range(len(problem.fleet))],
        stops=[_stop(instance, i, materials, locations, bits) for i in range(len(problem.stops))],
        tips=[_tip(instance, t, materials, locations) for t in range(len(problem.tips))],
        weights=Weights(
            per_drive_s=problem.weights.per_drive_s,
            per_m=problem.weights.per_m,
            per_overtime_s=problem.weights.per_overtime_s,
            per_moved_stop=problem.weights.per_moved_stop,
            balance=problem.weights.balance,
        ),
        in_force=_in_force(instance),
    )


def encode_routes_file(instance: Instance) -> bytes:
    """Return the bytes of a file that holds the problem of an instance."""
    return msgspec.json.encode(document_of(instance))


def _rows(matrix: FloatArray) -> list[msgspec.Raw]:
    return [msgspec.Raw(msgspec.json.encode(row.tolist())) for row in matrix]


def _skill_names(instance: Instance) -> list[str]:
    known = [*instance.problem.fleet.skills.tolist(), *instance.problem.stops.skills.tolist()]
    return [f"skill {bit}" for bit in range(max(known, default=0).bit_length())]


def _amounts(values: FloatArray, materials: list[str], absent: float) -> dict[str, float]:
    """Return amounts by material; JSON knows no infinity, so no limit becomes the most there may be."""
    pairs = zip(materials, values.tolist(), strict=True)
    return {name: min(value, MOST_NUMBER) for name, value in pairs if value != absent}


def _spans(low: FloatArray, high: FloatArray) -> list[tuple[Clock | None, Clock | None]] | None:
    """Return pairs of times, without what only fills up; None where any time is allowed."""
    pairs = [(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True) if a < math.inf]
    if pairs in ([], [(-math.inf, math.inf)]):
        return None
    return [
        (None if a == -math.inf else clock_text(a), None if b == math.inf else clock_text(b))
        for a, b in pairs
    ]


def _vehicle(
    instance: Instance, v: int, materials: list[str], locations: list[str], bits: list[tuple[int, str]]
) -> VehicleRow:
    fleet = instance.problem.fleet
    pause = None
    if fleet.break_s[v] > 0:
        earliest, latest = (
            clock_text(float(times[v])) for times in (fleet.break_earliest_s, fleet.break_latest_s)
        )
        pause = BreakRule(earliest, latest, float(fleet.break_s[v]))
    stops = float(fleet.daily_stops[v])
    return VehicleRow(
        id=fleet.ids[v],
        start=locations[fleet.start[v]],
        end=locations[fleet.end[v]],
        shift=(clock_text(float(fleet.shift_start_s[v])), clock_text(float(fleet.shift_end_s[v]))),
        capacity=_amounts(fleet.capacity[v], materials, 0.0),
        max_overtime_s=min(float(fleet.max_overtime_s[v]), MOST_NUMBER),
        daily_load=_amounts(fleet.daily_load[v], materials, math.inf) or None,
        daily_stops=None if stops == math.inf else int(stops),
        max_trips=min(int(fleet.max_trips[v]), MOST_TRIPS),
        break_=pause,
        skills=[name for bit, name in bits if int(fleet.skills[v]) & bit] or None,
        passes_without_reversing=bool(fleet.turns[v]),
        fixed_cost=float(fleet.fixed_cost[v]),
    )


def _stop(
    instance: Instance, i: int, materials: list[str], locations: list[str], bits: list[tuple[int, str]]
) -> StopRow:
    problem, stops = instance.problem, instance.problem.stops
    one_place = stops.entry[i] == stops.exit[i] and not stops.either_way[i]
    begins, ends = locations[stops.entry[i]], locations[stops.exit[i]]
    release_s = float(stops.release_s[i])
    vehicle, position = int(stops.locked_vehicle[i]), int(stops.locked_position[i])
    lock = None
    if vehicle != ANYWHERE or position != ANYWHERE:
        who = None if vehicle == ANYWHERE else problem.fleet.ids[vehicle]
        lock = Lock(who, None if position == ANYWHERE else position)
    bans = _spans(stops.ban_from_s[i], stops.ban_until_s[i]) or []
    return StopRow(
        id=stops.ids[i],
        location=begins if one_place else None,
        street=None if one_place else Street(begins, ends, bool(stops.either_way[i])),
        service_s=float(stops.service_s[i]),
        load=_amounts(stops.load[i], materials, 0.0) or None,
        windows=_spans(stops.window_open_s[i], stops.window_close_s[i]),
        bans=[(low, high) for low, high in bans if low is not None and high is not None] or None,
        skills=[name for bit, name in bits if int(stops.skills[i]) & bit] or None,
        no_reversing=bool(stops.no_reversing[i]),
        release=None if release_s == -math.inf else clock_text(release_s),
        unserved_cost=float(stops.unserved_cost[i]),
        lock=lock,
    )


def _tip(instance: Instance, t: int, materials: list[str], locations: list[str]) -> TipRow:
    tips = instance.problem.tips
    takes = tips.takes[t].tolist()
    return TipRow(
        id=tips.ids[t],
        location=locations[tips.location[t]],
        service_s=float(tips.service_s[t]),
        hours=_spans(tips.window_open_s[t], tips.window_close_s[t]),
        takes=None if all(takes) else [name for name, taken in zip(materials, takes, strict=True) if taken],
    )


def _in_force(instance: Instance) -> InForceRows | None:
    problem = instance.problem
    if problem.in_force is None:
        return None
    return InForceRows(
        [
            InForceRound(
                vehicle=problem.fleet.ids[v],
                visits=[row_of(visit, problem) for visit in visits],
                done=int(problem.in_force.done[v]),
                free=None
                if math.isnan(problem.in_force.free_s[v])
                else clock_text(float(problem.in_force.free_s[v])),
                lost=bool(problem.in_force.lost[v]),
            )
            for v, visits in enumerate(problem.in_force.plan.rounds)
        ]
    )
