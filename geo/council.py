"""A council: its depots, tips, vehicles, streets, properties, stops, roads and the rounds of the morning.

Built by the demo council, read back by the council pack, used by every other wing. Holds all that never
changes during the day, and never knows what is happening now.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt
import shapely

from geo.arrays import Float32Array, FloatArray, IntArray, check_unique, checked_floats32, checked_indices
from geo.coordinates import BRITISH_NATIONAL_GRID, check_crs, from_wgs84, to_wgs84
from geo.council_figures import Costs, PastWeeks
from geo.council_parts import (
    CollectionStops,
    CouncilRoads,
    CouncilStreets,
    Depots,
    Landmarks,
    Properties,
    TipSites,
    Vehicles,
    round_letter,
)
from geo.council_travel import Ways, ways_without
from geo.region import AREA_ID

if TYPE_CHECKING:
    from geo.gazetteer import Gazetteer

COUNCIL_VERSION = 1
TIP_PREFIX = "tip:"
BACKWARD_SUFFIX = "<"
BREAKS = ("break", "break>")
__all__ = [
    "CollectionStops",
    "Costs",
    "Council",
    "CouncilRoads",
    "CouncilStreets",
    "Depots",
    "Landmarks",
    "PastWeeks",
    "Properties",
    "TipSites",
    "Vehicles",
    "round_letter",
]


@dataclass(slots=True)
class _Lazy:
    """What is derived once; building it twice at the same time is harmless."""

    gazetteer: Gazetteer | None = None
    numbers: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Council:
    """One council's area, all arrays aligned: D depots, T tips, V vehicles, S stops, N nodes, K materials.

    Attributes
    ----------
    id
        The area id: a-z, 0-9 and hyphens, at most 40.
    crs
        The grid of every easting and northing here and in the area's events; metres.
    brigade
        Area id of the fire brigade on the same ground, if there is one.
    boundary
        Polygon in metres.
    materials
        Names, K of them.
    travel_s, dist_m
        (N, N) float32, fastest ways from node to node: seconds and metres.
    rounds
        Of each vehicle, what it visits in the morning's plan: words of `streams.rounds_plan`.
    past
        Figures of the weeks before.

    Raises
    ------
    ValueError
        Naming the field, the bad value and what would be right.
    """

    id: str
    name: str
    attribution: str
    generated: bool
    timezone: str
    brigade: str | None
    boundary: shapely.Geometry
    materials: tuple[str, ...]
    depots: Depots
    tips: TipSites
    vehicles: Vehicles
    streets: CouncilStreets
    properties: Properties
    stops: CollectionStops
    landmarks: Landmarks
    roads: CouncilRoads
    travel_s: Float32Array
    dist_m: Float32Array
    rounds: tuple[tuple[str, ...], ...]
    past: PastWeeks
    costs: Costs
    crs: str = BRITISH_NATIONAL_GRID
    _lazy: _Lazy = field(default_factory=_Lazy, init=False, repr=False)

    def __post_init__(self) -> None:
        """Check everything against everything; ValueError names the field and the bad value."""
        self._check_words()
        nodes, streets = len(self.roads.node_en), len(self.streets.ids)
        for what in ("depots", "tips", "vehicles", "streets", "stops", "materials"):
            part = getattr(self, what)
            if not (part if isinstance(part, tuple) else part.ids):
                raise ValueError(f"{what}: there are none; there must be at least one")
        put = object.__setattr__
        for name in ("travel_s", "dist_m"):
            times = checked_floats32(name, getattr(self, name), (nodes, nodes))
            put(self, name, times)
        self._check_indices(nodes, streets)
        materials = len(self.materials)
        for name, wide in (
            ("vehicles.capacity", self.vehicles.capacity.shape[1]),
            ("stops.load", self.stops.load.shape[1]),
            ("tips.takes", self.tips.takes.shape[1]),
        ):
            if wide != materials:
                raise ValueError(f"{name}: {wide} columns; there must be {materials}, one for each material")
        self._check_rounds()

    def _check_words(self) -> None:
        for name, area in (("id", self.id), ("brigade", self.brigade)):
            if area is not None and not AREA_ID.fullmatch(area):
                raise ValueError(f"{name}: {area!r}; it must be 1 to 40 of a-z, 0-9 and hyphens")
        if self.id == self.brigade:
            raise ValueError(f"brigade: {self.brigade!r}; it must be another area than the council's own")
        if not self.name.strip():
            raise ValueError("name: it is empty; give the council a name")
        check_unique("materials", self.materials)
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(
                f"timezone: {self.timezone!r} is unknown; use a name like Europe/London"
            ) from error
        check_crs(self.crs)
        if shapely.get_type_id(self.boundary) not in (3, 6) or not self.boundary.area > 0:
            raise ValueError("boundary: it must be a polygon with an area")

    def _check_indices(self, nodes: int, streets: int) -> None:
        """Check the upper ends of what counts in another part."""
        stops, depots = len(self.stops.ids), len(self.depots.ids)
        for part, name, most in (
            (self.depots, "node", nodes),
            (self.tips, "node", nodes),
            (self.vehicles, "depot", depots),
            (self.streets, "start", nodes),
            (self.streets, "end", nodes),
            (self.stops, "entry", nodes),
            (self.stops, "exit", nodes),
            (self.stops, "street", streets),
            (self.properties, "street", streets),
            (self.properties, "stop", stops),
        ):
            values = getattr(part, name)
            checked_indices(f"{type(part).__name__}.{name}", values, values.shape, most)
        if len(self.roads.arc_street) and self.roads.arc_street.max() >= streets:
            raise ValueError(f"roads.arc_street: {self.roads.arc_street.max()}; there are {streets} streets")
        counted = np.bincount(self.properties.stop, minlength=stops)
        if (counted != self.stops.households).any():
            at = int((counted != self.stops.households).argmax())
            raise ValueError(
                f"stops.households: {self.stops.households[at]} at {self.stops.ids[at]}; {counted[at]} "
                "properties name it"
            )

    def _check_rounds(self) -> None:
        """Every word is known, and no stop is planned twice."""
        if len(self.rounds) != len(self.vehicles.ids):
            raise ValueError(
                f"rounds: {len(self.rounds)} of them; there must be {len(self.vehicles.ids)}, one a vehicle"
            )
        seen: set[str] = set()
        stops, tips = self.stop_number, self.tip_number
        for vehicle, visits in zip(self.vehicles.ids, self.rounds, strict=True):
            for visit in visits:
                if visit in BREAKS:
                    continue
                if visit.startswith(TIP_PREFIX):
                    if visit.removeprefix(TIP_PREFIX) not in tips:
                        raise ValueError(f"rounds of {vehicle}: {visit!r}; there is no such tip")
                    continue
                stop = visit.removesuffix(BACKWARD_SUFFIX)
                if stop not in stops or stop in seen:
                    wrong = "it is planned twice" if stop in seen else "there is no such stop"
                    raise ValueError(f"rounds of {vehicle}: {visit!r}; {wrong}")
                seen.add(stop)

    def _number(self, what: str, ids: tuple[str, ...]) -> dict[str, int]:
        if what not in self._lazy.numbers:
            self._lazy.numbers[what] = {name: number for number, name in enumerate(ids)}
        return self._lazy.numbers[what]

    @property
    def stop_number(self) -> dict[str, int]:
        """Number of each stop by its id; not to be changed."""
        return self._number("stops", self.stops.ids)

    @property
    def vehicle_number(self) -> dict[str, int]:
        """Number of each vehicle by its id; not to be changed."""
        return self._number("vehicles", self.vehicles.ids)

    @property
    def tip_number(self) -> dict[str, int]:
        """Number of each tip by its id; not to be changed."""
        return self._number("tips", self.tips.ids)

    @property
    def street_number(self) -> dict[str, int]:
        """Number of each street by its id; not to be changed."""
        return self._number("streets", self.streets.ids)

    def gazetteer(self) -> Gazetteer:
        """Return the finder of properties, addresses, streets and landmarks; built when first asked for."""
        if self._lazy.gazetteer is None:
            from geo.gazetteer import Gazetteer

            self._lazy.gazetteer = Gazetteer(self)
        return self._lazy.gazetteer

    def properties_of(self, stop: int) -> IntArray:
        """Return the numbers of the properties of the stop of this number."""
        return np.flatnonzero(self.properties.stop == stop)

    def travel_without(self, streets: Collection[str]) -> Ways:
        """Return (travel_s, dist_m) where these streets cannot be driven along; inf where no way is left.

        Raises
        ------
        KeyError
            Naming a street that is unknown.
        """
        known = Ways(self.travel_s, self.dist_m)
        if not streets:
            return known
        numbers = [self.street_number[street] for street in streets]
        return ways_without(self.roads, known, np.isin(self.roads.arc_street, numbers))

    def contains(self, en: npt.ArrayLike, within_m: float = 0.0) -> npt.NDArray[np.bool_]:
        """Tell for each place (n, 2) whether it is inside the boundary or at most `within_m` outside it."""
        places = np.atleast_2d(np.asarray(en, dtype=np.float64))
        away_m = shapely.distance(self.boundary, shapely.points(places))
        return np.asarray(away_m <= within_m)

    def to_wgs84(self, en: npt.ArrayLike) -> FloatArray:
        """Turn metres of this council's CRS, (n, 2) or (2,), into longitude and latitude."""
        return to_wgs84(en, self.crs)

    def from_wgs84(self, lonlat: npt.ArrayLike) -> FloatArray:
        """Turn longitude and latitude, (n, 2) or (2,), into metres of this council's CRS."""
        return from_wgs84(lonlat, self.crs)
