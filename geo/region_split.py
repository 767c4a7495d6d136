"""One region cut into several: compact areas that share out its stations, appliances and zones.

Called by `cover region split` and by tests that need several small areas. Never makes anything up: every
time, rate and outline of a part is the whole's own; nothing is shared but the way to find further times.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely

from geo.arrays import BoolArray, FloatArray, IntArray
from geo.region import AREA_ID, Appliances, Region, Stations, Zones

MIN_PARTS, MAX_PARTS = 2, 16
# A station that stands outside its part's zones (zones go by travel time, not by borders) is still of the
# part: the outline gets a disc of this radius around it, the size of a large yard.
STATION_YARD_M = 50.0


def split_region(region: Region, parts: int) -> list[Region]:
    """Return the region as `parts` regions with the ids `<id>-1` to `<id>-<parts>`.

    Stations are halved along the longer side of where they stand, again and again, to numbers that differ by
    one at most. Appliances go with their home station, each zone with the station that is nearest to it by
    travel time. The same region gives the same parts. Kinds, roads and distance law stay whole: a route may
    lead through another part, and the times of a part equal those of the whole.

    Raises
    ------
    ValueError
        Where a part would have no station, zone or appliance, or no valid area id.
    """
    stations = len(region.stations.ids)
    if not MIN_PARTS <= parts <= MAX_PARTS:
        raise ValueError(f"parts: {parts}; it must be {MIN_PARTS} to {MAX_PARTS}")
    if stations < parts:
        raise ValueError(f"parts: {parts}; {region.name} has {stations} stations; ask for fewer parts")
    longest = f"{region.id}-{parts}"
    if not AREA_ID.fullmatch(longest):
        raise ValueError(
            f"id: {longest!r} is longer than an area id may be; build the pack with a shorter area id"
        )
    part_of_station = np.empty(stations, dtype=np.int64)
    for part, members in enumerate(_halved(region.stations.en, np.arange(stations), parts)):
        part_of_station[members] = part
    part_of_zone = part_of_station[_nearest_station(region)]
    return [
        _part(region, part, parts, part_of_station == part, part_of_zone == part) for part in range(parts)
    ]


def _halved(en: FloatArray, members: IntArray, parts: int) -> list[IntArray]:
    """Return the stations `members` in `parts` groups, from west or south to east or north."""
    if parts == 1:
        return [members]
    left = parts // 2
    each, over = divmod(len(members), parts)
    cut = each * left + min(over, left)
    places = en[members]
    axis = int(np.ptp(places[:, 1]) > np.ptp(places[:, 0]))
    ordered = members[np.lexsort((members, places[:, 1 - axis], places[:, axis]))]
    return _halved(en, ordered[:cut], left) + _halved(en, ordered[cut:], parts - left)


def _nearest_station(region: Region) -> IntArray:
    """Return each zone's station (Z,): least travel time; in a straight line where no station has a way."""
    nearest: IntArray = region.station_zone_s.argmin(axis=0).astype(np.int64)
    for zone in np.flatnonzero(np.isinf(region.station_zone_s).all(axis=0)):
        nearest[zone] = np.hypot(*(region.stations.en - region.zones.en[zone]).T).argmin()
    return nearest


def _part(region: Region, part: int, parts: int, of_stations: BoolArray, of_zones: BoolArray) -> Region:
    """Return one part; `of_stations` (S,) and `of_zones` (Z,) tell what belongs to it."""
    station, zone = np.flatnonzero(of_stations), np.flatnonzero(of_zones)
    crews = np.flatnonzero(of_stations[region.appliances.home])
    name = f"{region.name} {part + 1} of {parts}"
    for noun, found in (("zone", zone), ("appliance", crews)):
        if not len(found):
            first = region.stations.names[station[0]]
            raise ValueError(
                f"parts: {parts}; {name} (around {first}) would have no {noun}; ask for fewer parts"
            )
    used = np.unique(np.concatenate([region.stations.district[station], region.zones.district[zone]]))
    place = np.cumsum(of_stations) - 1
    stations = Stations(
        ids=_those(region.stations.ids, station),
        names=_those(region.stations.names, station),
        district=np.searchsorted(used, region.stations.district[station]),
        en=region.stations.en[station],
        bays=region.stations.bays[station],
    )
    zones = Zones(
        ids=_those(region.zones.ids, zone),
        names=_those(region.zones.names, zone),
        district=np.searchsorted(used, region.zones.district[zone]),
        en=region.zones.en[zone],
        population=region.zones.population[zone],
        polygons=region.zones.polygons[zone],
    )
    return replace(
        region,
        id=f"{region.id}-{part + 1}",
        name=name,
        stations=stations,
        appliances=Appliances(
            ids=_those(region.appliances.ids, crews),
            kind=region.appliances.kind[crews],
            home=place[region.appliances.home[crews]],
        ),
        zones=zones,
        districts=_those(region.districts, used),
        boundary=_outline(name, zones, stations),
        demand_per_h=region.demand_per_h[:, :, zone],
        station_zone_s=region.station_zone_s[np.ix_(station, zone)],
        station_station_s=region.station_station_s[np.ix_(station, station)],
    )


def _those(listed: tuple[str, ...], indices: IntArray) -> tuple[str, ...]:
    return tuple(listed[index] for index in indices.tolist())


def _outline(name: str, zones: Zones, stations: Stations) -> shapely.Geometry:
    """Return the union of the zones, and of the yards of stations that stand in none of them."""
    outside = shapely.points(stations.en[zones.locate(stations.en) < 0])
    yards = shapely.buffer(outside, STATION_YARD_M, quad_segs=2)
    try:
        return shapely.union_all(np.concatenate([zones.polygons, yards]))
    except shapely.GEOSException as error:
        raise ValueError(
            f"zones.polygons: those of {name} cannot be joined to an outline: {error}; a polygon among them "
            "crosses itself: mend it and build the pack again"
        ) from error
