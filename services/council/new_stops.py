"""The stops that a cause asks for: what a crew would have to come for, where, and how long it takes.

Called by the rounds' solver and desk, which must come to the same stops for the same cause. Never decides
who serves them.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from geo.council import Council
from services.council.day_picture import NEEDS_VISIT, DayPicture, RequestState
from streams.council_events import ServiceCode
from streams.rounds_plan import AddedStop

LONGEST_ID = 64
"""Of `streams.council_events.Id`."""


@dataclass(frozen=True, slots=True)
class ExtraWork:
    """What a visit for one request takes.

    Attributes
    ----------
    work_s
        Of the crew, out of the cab and back.
    load_kg
        What is loaded; None: what a household of the street gives on an ordinary day.
    priority
        As of `geo.council.CollectionStops`.
    """

    work_s: float
    load_kg: float | None
    priority: float


EXTRA_WORK = {
    ServiceCode.MISSED_COLLECTION: ExtraWork(60.0, None, 1.0),
    ServiceCode.ASSISTED_COLLECTION: ExtraWork(150.0, None, 1.5),
    ServiceCode.OVERFLOWING_BIN: ExtraWork(120.0, 40.0, 1.0),
    ServiceCode.BULKY_ITEM: ExtraWork(300.0, 60.0, 1.0),
    ServiceCode.FLY_TIP: ExtraWork(600.0, 120.0, 1.0),
}
"""Judgement of the authors, not measured: one or two loaders and a rear loader, kg of an ordinary case."""


def bounded_id(*parts: str) -> str:
    """An id of these parts, the same for the same parts; what is too long is told by a digest of it."""
    whole = "-".join(parts)
    if len(whole) <= LONGEST_ID:
        return whole
    return f"{parts[0]}-{hashlib.blake2b(whole.encode(), digest_size=16).hexdigest()}"


def stop_for_request(council: Council, request: RequestState) -> AddedStop | None:
    """The stop a request asks for; None where nobody has to come for it."""
    if request.service not in NEEDS_VISIT:
        return None
    work = EXTRA_WORK[request.service]
    material = request.material if request.material in council.materials else council.materials[0]
    origin = council.stop_number.get(request.stop) if request.stop is not None else None
    if origin is None:
        entry = leave = nearest_node(council, request.easting_m, request.northing_m)
        service_s, household_kg = work.work_s, 0.0
    else:
        stops = council.stops
        entry, leave = int(stops.entry[origin]), int(stops.exit[origin])
        service_s = work.work_s + float(council.travel_s[entry, leave])  # the crew drives along its street
        k = council.materials.index(material)
        household_kg = float(stops.load[origin, k]) / max(1, int(stops.households[origin]))
    return AddedStop(
        stop=bounded_id("R", request.request),
        easting_m=request.easting_m,
        northing_m=request.northing_m,
        entry=entry,
        exit=leave,
        service_s=service_s,
        load={material: household_kg if work.load_kg is None else work.load_kg},
        priority=work.priority,
        origin=request.stop if origin is not None else None,
        request=request.request,
        uprns=[request.uprn] if request.uprn is not None else [],
    )


def stop_at_property(
    council: Council, picture: DayPicture, uprn: str, service: ServiceCode
) -> AddedStop | None:
    """A stop that a manager adds at a property; None where nobody knows it."""
    place = council.gazetteer().by_uprn(uprn)
    if place is None or service not in NEEDS_VISIT:
        return None
    work, material = EXTRA_WORK[service], council.materials[0]
    origin = council.stop_number[place.stop]
    entry, leave = int(council.stops.entry[origin]), int(council.stops.exit[origin])
    household_kg = float(council.stops.load[origin, 0]) / max(1, int(council.stops.households[origin]))
    name = bounded_id("A", uprn)
    taken = sum(one == name or one.startswith(f"{name}-") for one in picture.added)
    return AddedStop(
        stop=f"{name}-{taken + 1}" if taken else name,
        easting_m=place.easting_m,
        northing_m=place.northing_m,
        entry=entry,
        exit=leave,
        service_s=work.work_s + float(council.travel_s[entry, leave]),
        load={material: household_kg if work.load_kg is None else work.load_kg},
        priority=work.priority,
        origin=place.stop,
        uprns=[uprn],
    )


def revisit(council: Council, origin: str, cause_id: str) -> AddedStop:
    """A stop of the morning's plan, called at once more."""
    n, stops = council.stop_number[origin], council.stops
    return AddedStop(
        stop=bounded_id("V", origin, cause_id),
        easting_m=float(stops.en[n, 0]),
        northing_m=float(stops.en[n, 1]),
        entry=int(stops.entry[n]),
        exit=int(stops.exit[n]),
        service_s=float(stops.service_s[n]),
        load={m: float(stops.load[n, k]) for k, m in enumerate(council.materials)},
        priority=float(stops.priority[n]),
        origin=origin,
    )


def nearest_node(council: Council, easting_m: float, northing_m: float) -> int:
    """The node of the council's roads nearest to a place, of those its stops use."""
    nodes = np.unique(np.concatenate((council.stops.entry, council.stops.exit)))
    away = council.roads.node_en[nodes] - (easting_m, northing_m)
    return int(nodes[np.argmin(np.hypot(away[:, 0], away[:, 1]))])
