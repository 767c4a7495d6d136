"""A generated council on the ground of a generated region, for trying everything without anybody's addresses.

Called by `cover council demo`, `cover demo` and the tests. Never random without the seed it is given: the
same region, seed and size give the same council. It comes without rounds: the services plan these from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from geo.council import Costs, Council, PastWeeks
from geo.council_travel import all_ways
from geo.demo_council_fleet import make_landmarks, make_sites, make_vehicles
from geo.demo_council_homes import make_homes
from geo.demo_council_streets import make_ground
from geo.demo_region import ATTRIBUTION
from geo.region import Region

MATERIALS = ("residual",)
# Assumptions of the demo, in pounds: a crew of three and its vehicle for a day, and what comes on top.
DEMO_COSTS = Costs(
    vehicle_day=690.0, drive_h=18.0, km=1.1, overtime_h=84.0, unserved_stop=1_000.0, moved_stop=1.0
)


@dataclass(frozen=True, slots=True)
class DemoCouncilSize:
    """How large a generated council is; `sides` of streets, of which a few have no houses."""

    sides: int
    properties: int
    vehicles: int
    depots: int
    tips: int
    schools: int

    def __post_init__(self) -> None:
        """Check the numbers; ValueError names the bad one."""
        for name in self.__slots__:
            if not getattr(self, name) > 0:
                raise ValueError(f"size.{name}: {getattr(self, name)}; it must be above 0")
        if self.depots > self.vehicles:
            raise ValueError("size: there may not be more depots than vehicles")


DEMO_COUNCIL = DemoCouncilSize(sides=5_300, properties=64_000, vehicles=50, depots=2, tips=3, schools=14)
SMALL_COUNCIL = DemoCouncilSize(sides=360, properties=4_800, vehicles=4, depots=1, tips=2, schools=1)
COUNCIL_SIZES = {"demo": DEMO_COUNCIL, "small": SMALL_COUNCIL}


def build_demo_council(
    region: Region,
    seed: int = 1,
    size: DemoCouncilSize = DEMO_COUNCIL,
    progress: Callable[[str], None] | None = None,
) -> Council:
    """Generate a council without rounds.

    Parameters
    ----------
    region
        Generated, with roads; the council is on a part of its ground and is named after it.
    seed
        0 or more; the same seed gives the same council.
    progress
        Told in words what is being done.

    Raises
    ------
    ValueError
        Where the seed is negative, or the region is real or has no roads.
    """
    if seed < 0:
        raise ValueError(f"seed: {seed}; it must be 0 or more")
    if not region.generated:
        raise ValueError(f"region: {region.id!r} is a real one; invented addresses do not belong there")
    say = progress or (lambda _: None)
    rng = np.random.default_rng([seed, len(region.zones.ids)])
    say("streets and their names")
    ground = make_ground(region, size.sides, seed)
    say("houses and collection stops")
    landmarks, schools = make_landmarks(ground, size.schools, rng)
    properties, stops = make_homes(region, ground, size.properties, size.vehicles, schools, rng)
    say("depots, tips and vehicles")
    depots, tips = make_sites(ground, stops, size.depots, size.tips, rng)
    vehicles = make_vehicles(depots, stops, size.vehicles)
    say("ways between all crossings")
    ways = all_ways(ground.roads)
    none = np.zeros(0)
    return Council(
        id=f"{region.id}-council",
        name=f"{ground.name} Council",
        attribution=ATTRIBUTION,
        generated=True,
        timezone=region.timezone,
        brigade=region.id,
        boundary=ground.boundary,
        materials=MATERIALS,
        depots=depots,
        tips=tips,
        vehicles=vehicles,
        streets=ground.streets,
        properties=properties,
        stops=stops,
        landmarks=landmarks,
        roads=ground.roads,
        travel_s=ways.travel_s,
        dist_m=ways.dist_m,
        rounds=((),) * size.vehicles,
        past=PastWeeks((), none, none, none, none),
        costs=DEMO_COSTS,
        crs=region.crs,
    )
