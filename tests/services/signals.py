"""Signals of smoke, and people's words on them, for tests of what a brigade makes of them."""

from datetime import UTC, datetime, timedelta

from geo.region import Region
from streams.council_events import ClusterAction, ClusterDecided, FeedbackCategory, FeedbackSignal
from streams.events import TYPE_OF, Event, EventData

NOW = datetime(2025, 6, 6, 17, tzinfo=UTC)


def smoke(
    signal: str,
    place: tuple[float, float],
    minute: float = 0,
    reporter: str | None = None,
    confidence: float = 0.9,
    uncertainty_m: float = 60.0,
) -> FeedbackSignal:
    """A post about smoke, seen so many minutes after `NOW`."""
    seen = NOW + timedelta(minutes=minute)
    return FeedbackSignal(
        signal,
        FeedbackCategory.SMOKE_OR_FIRE,
        *place,
        uncertainty_m,
        seen,
        -0.4,
        confidence,
        None,
        None if reporter is None else f"{reporter.encode().hex():0>16}",
    )


def word(cluster: str, action: ClusterAction, category: FeedbackCategory | None = None) -> ClusterDecided:
    """What somebody says of a cluster."""
    return ClusterDecided(cluster, action, "tester", category)


def event(area: str, data: EventData, minute: float = 0, id: str = "e1") -> Event:
    """An event so many minutes after `NOW`."""
    return Event(id, "/test", TYPE_OF[type(data)], NOW + timedelta(minutes=minute), area, data)


def worst_place(region: Region) -> tuple[float, float]:
    """The zone that the nearest station reaches last: where more demand hurts most."""
    zone = int(region.station_zone_s.min(axis=0).argmax())
    east, north = region.zones.en[zone].tolist()
    return east, north
