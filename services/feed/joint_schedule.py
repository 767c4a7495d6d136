"""One stream of recorded calls shared out over several areas: each call goes to the area that holds it.

Used by the replay of several areas. Never looks at the service; the same records and regions give the same
schedules, in whatever order the regions are named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from geo.region import Region
from services.feed.replay_schedule import (
    RecordedCall,
    ReplaySchedule,
    area_schedule,
    places_en,
    timed_calls,
)


@dataclass(frozen=True, slots=True, eq=False)
class JointSchedule:
    """The schedule of each area, by area id, on one simulated clock.

    `skipped` counts the recorded calls that lie in the zones of no area.
    """

    areas: Mapping[str, ReplaySchedule]
    days: int
    skipped: int

    @property
    def calls(self) -> int:
        """How many calls there are in all."""
        return sum(len(area.calls) for area in self.areas.values())


def joint_schedule(
    recorded: Sequence[RecordedCall], regions: Sequence[Region], density: int, limit: int | None = None
) -> JointSchedule:
    """Return the calls of a replay of several areas.

    Parameters
    ----------
    recorded
        Recorded calls, in any order.
    regions
        Where they are placed: a call belongs to the area one of whose zones holds it, and where several do
        (on a common border) to the first by area id. A call in no zone is skipped: near the border of one
        area it is its neighbour's more often than not.
    density
        Incidents a day, in all areas together.
    limit
        Take only the first so many calls, of all areas together.

    Raises
    ------
    ValueError
        When the density is below one, the areas have not one time zone and one grid, or an area has calls
        and no appliance of its first kind.
    """
    _check_alike(regions)
    en = places_en(recorded)
    free = np.ones(len(recorded), dtype=np.bool_)
    zone_of: dict[str, dict[str, int]] = {}
    for region in sorted(regions, key=lambda region: region.id):
        zones = region.zones.locate(en)
        ours = np.flatnonzero(free & (zones >= 0))
        free[ours] = False
        zone_of[region.id] = {recorded[index].number: int(zones[index]) for index in ours.tolist()}
        if len(ours) and not (region.appliances.kind == 0).any():
            raise ValueError(
                f"area {region.id} has {len(ours)} calls and no {region.kinds[0].name.lower()} to send: "
                "split into fewer parts, or leave the area out"
            )
    held = [call for call, left in zip(recorded, free.tolist(), strict=True) if not left]
    timed = timed_calls(held, regions[0].timezone, density, limit)
    areas = {region.id: area_schedule(timed, region, zone_of[region.id], 0) for region in regions}
    return JointSchedule(areas, timed.days, int(free.sum()))


def _check_alike(regions: Sequence[Region]) -> None:
    """Raise ValueError where the areas cannot share one clock, or one file of places."""
    for noun, found in (
        ("time zone", sorted({region.timezone for region in regions})),
        ("grid", sorted({region.crs for region in regions})),
    ):
        if len(found) != 1:
            raise ValueError(
                f"the areas have more than one {noun} ({', '.join(found)}): replay each kind by itself"
            )
