"""A small generated town for tests that need a whole day: its brigade, its council, and crews at work.

Made once a run, in seconds: the region as `tests.services.live` has it, a council of four vehicles on its
ground with rounds that keep every rule. Used through the fixture `town` of `tests/conftest.py`, or directly.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from geo.council import Council
from geo.council_pack import save_council
from geo.demo_council import COUNCIL_SIZES, build_demo_council
from geo.region import Region
from geo.region_pack import save_region
from services.council.morning_rounds import with_morning_rounds
from services.feed.collection_crews import CollectionCrews
from streams import codec
from streams.council_events import StopDone, StopOutcome
from streams.events import EventData
from tests.services.live import small_region

MIDNIGHT = datetime(2025, 6, 5, 23, tzinfo=UTC)
"""Of Friday 6 June 2025 in London."""
SECONDS_A_VEHICLE = 0.05
"""Rounds need to be sound here, not good."""
SOURCE = "/test/town"


@dataclass(frozen=True, slots=True)
class Town:
    """A brigade and a council on one ground, with their packs."""

    region: Region
    council: Council
    region_pack: Path
    council_pack: Path

    @property
    def arguments(self) -> list[str]:
        """What names both to `cover serve`, `cover api` and `cover worker`."""
        return ["--region", str(self.region_pack), "--council", str(self.council_pack)]


@cache
def small_council() -> Council:
    """The council on the small region's ground, built once."""
    built = build_demo_council(small_region(), seed=1, size=COUNCIL_SIZES["small"])
    return with_morning_rounds(built, seed=1, seconds_a_vehicle=SECONDS_A_VEHICLE)


def town_in(folder: Path) -> Town:
    """The town, its packs written into a folder."""
    town = Town(small_region(), small_council(), folder / "town", folder / "town-council")
    save_region(town.region, town.region_pack)
    save_council(town.council, town.council_pack)
    return town


def clock(hour: float) -> datetime:
    """A time of the day in London, in hours."""
    return MIDNIGHT + timedelta(hours=hour)


def wire(area: str, data: EventData, at: datetime, id: str) -> bytes:
    """An encoded event of an area."""
    return codec.encode(data, id=id, source=SOURCE, area=area, time=at)


def crews_at_work(council: Council, until_hour: float, seed: int = 1) -> list[bytes]:
    """What the crews report until then: every visit that is over, in order of time."""
    events = []
    for over in CollectionCrews(council, seed).advance(until_hour * 3_600):
        done = StopDone(over.vehicle, over.visit, StopOutcome(over.outcome))
        at = MIDNIGHT + timedelta(seconds=over.at_s)
        events.append(wire(council.id, done, at, f"done {over.vehicle} {len(events)}"))
    return events
