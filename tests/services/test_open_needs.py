"""What incidents lack: required minus committed, the most urgent first, bounded, not while winding down."""

from datetime import timedelta

import numpy as np

from services.open_needs import MOST_NEEDS, OpenNeeds, ZoneFinder
from services.picture import Picture, empty_picture, fold
from streams.events import (
    TYPE_OF,
    ApplianceStatus,
    ApplianceStatusChanged,
    Event,
    EventData,
    IncidentCategory,
    IncidentOpened,
    IncidentStopped,
    IncidentUpdated,
)
from tests.services.live import START, small_region


def folded(*words: tuple[float, EventData]) -> Picture:
    region = small_region()
    homes = [region.stations.ids[int(h)] for h in region.appliances.home]
    picture = empty_picture(region.id, dict(zip(region.appliances.ids, homes, strict=True)))
    for i, (minute, data) in enumerate(words):
        at = START + timedelta(minutes=minute)
        picture = fold(picture, Event(f"e{i}", "/test", TYPE_OF[type(data)], at, region.id, data))
    return picture


def opened(incident: str, pumps: int, zone: int = 0) -> IncidentOpened:
    easting, northing = small_region().zones.en[zone].tolist()
    return IncidentOpened(incident, IncidentCategory.FIRE, easting, northing, {"pump": pumps})


def mobilised(appliance: int, incident: str) -> ApplianceStatusChanged:
    id_ = small_region().appliances.ids[appliance]
    return ApplianceStatusChanged(id_, ApplianceStatus.MOBILISED, incident=incident)


def pumps() -> list[int]:
    region = small_region()
    return np.flatnonzero(region.appliances.kind == 0).tolist()


def needs(picture: Picture) -> list[tuple[str, int]]:
    return [(need.incident, need.needs[0]) for need in OpenNeeds(small_region()).of(picture)]


def test_what_is_on_the_way_is_not_lacking() -> None:
    first, second, *_ = pumps()
    start: list[tuple[float, EventData]] = [(0.0, opened("I1", 2))]
    assert needs(folded(*start)) == [("I1", 2)]
    one = [*start, (1.0, mobilised(first, "I1"))]
    assert needs(folded(*one)) == [("I1", 1)]
    assert needs(folded(*one, (2.0, mobilised(second, "I1")))) == []
    assert needs(folded(*one, (2.0, mobilised(second, "I2")))) == [("I1", 1)]
    assert needs(folded(*start, (3.0, IncidentStopped("I1")))) == []


def test_the_most_urgent_come_first_and_no_more_than_some() -> None:
    first, *_ = pumps()
    picture = folded(
        (0.0, opened("ATTENDED", 9)),
        (0.5, mobilised(first, "ATTENDED")),
        (1.0, opened("SMALL", 1)),
        (2.0, opened("LARGE", 4)),
        (3.0, opened("NEWER", 1)),
    )
    assert needs(picture) == [("LARGE", 4), ("NEWER", 1), ("SMALL", 1)]
    assert MOST_NEEDS == 3


def test_an_incident_that_winds_down_asks_for_nobody() -> None:
    first, *_ = pumps()
    start: list[tuple[float, EventData]] = [(0.0, opened("I1", 1)), (1.0, mobilised(first, "I1"))]
    region = small_region()
    home = ApplianceStatusChanged(
        region.appliances.ids[first], ApplianceStatus.RETURNING, region.stations.ids[0]
    )
    assert needs(folded(*start, (40.0, home))) == []
    assert needs(folded(*start, (40.0, home), (41.0, IncidentUpdated("I1", {"pump": 2})))) == [("I1", 2)]


def test_a_place_just_outside_every_zone_counts_to_the_nearest() -> None:
    region = small_region()
    finder = ZoneFinder(region)
    for zone in (0, 5):
        easting, northing = region.zones.en[zone].tolist()
        assert finder.zone(easting, northing) == int(region.zones.locate(region.zones.en[zone][None])[0])
    far = finder.zone(-1e6, -1e6)
    assert far == int(np.argmin(np.hypot(*(region.zones.en + 1e6).T)))
    assert finder.zone(-1e6, -1e6) == far
