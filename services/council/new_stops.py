"""The stops that a cause asks for: what a crew would have to come for, where, and how long it takes.

Called by the rounds' solver and desk, which must come to the same stops for the same cause. Never decides
who serves them.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

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
    material = request.material if request.material in council.materials else council.materials[0]
    at = (request.easting_m, request.northing_m)
    stop = _extra(council, at, request.stop, request.service, material)
    uprns = [request.uprn] if request.uprn is not None else []
    return replace(stop, stop=bounded_id("R", request.request), request=request.request, uprns=uprns)


def stop_at_property(
    council: Council, picture: DayPicture, uprn: str, service: ServiceCode
) -> AddedStop | None:
    """A stop that a manager adds at a property; None where it is unknown, or nobody has to come."""
    place = council.gazetteer().by_uprn(uprn)
    if place is None or service not in NEEDS_VISIT:
        return None
    stop = _extra(council, (place.easting_m, place.northing_m), place.stop, service, council.materials[0])
    return replace(stop, stop=_free_name(picture, bounded_id("A", uprn)), uprns=[uprn])


def stop_at_place(
    council: Council, picture: DayPicture, easting_m: float, northing_m: float, service: ServiceCode
) -> AddedStop | None:
    """The same at a place that is no property's; None where nobody has to come for the service."""
    if service not in NEEDS_VISIT:
        return None
    stop = _extra(council, (easting_m, northing_m), None, service, council.materials[0])
    return replace(stop, stop=_free_name(picture, f"A-{easting_m:.0f}-{northing_m:.0f}"))


def _free_name(picture: DayPicture, name: str) -> str:
    taken = sum(one == name or one.startswith(f"{name}-") for one in picture.added)
    return f"{name}-{taken + 1}" if taken else name


def _extra(
    council: Council, at: tuple[float, float], origin: str | None, service: ServiceCode, material: str
) -> AddedStop:
    """A nameless stop for one request at a place, along the stop of the morning's plan it belongs to."""
    work = EXTRA_WORK[service]
    n = None if origin is None else council.stop_number.get(origin)
    if n is None:
        entry = leave = nearest_node(council, *at)
        service_s, household_kg = work.work_s, 0.0
    else:
        stops = council.stops
        entry, leave = int(stops.entry[n]), int(stops.exit[n])
        service_s = work.work_s + float(council.travel_s[entry, leave])  # the crew drives along its street
        household_kg = float(stops.load[n, council.materials.index(material)]) / max(
            1, int(stops.households[n])
        )
    return AddedStop(
        stop="",
        easting_m=at[0],
        northing_m=at[1],
        entry=entry,
        exit=leave,
        service_s=service_s,
        load={material: household_kg if work.load_kg is None else work.load_kg},
        priority=work.priority,
        origin=None if n is None else origin,
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
