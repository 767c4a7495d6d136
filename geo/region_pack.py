"""The region pack: one folder on disk that holds a region, checked when it is read back.

Called by the `cover region` commands and by every service that serves a region. Never repairs what it reads:
a pack with one wrong byte is refused with the file and the field. The format is in docs/region-pack.md.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from geo.distance_law import DistanceLaw
from geo.npy_array import AnyArray
from geo.pack_manifest import Counts, KindEntry, LawEntry, Manifest, Names, PackError
from geo.pack_store import (
    MAX_MANIFEST_BYTES,
    PackKind,
    PackReader,
    array_files,
    entries,
    geometry_arrays,
    read_manifest,
    write_pack,
)
from geo.pack_store import check_may_write as check_may_write_pack
from geo.region import PACK_VERSION, ApplianceKind, Appliances, Region, Stations, Zones
from geo.road_network import RoadNetwork
from geo.travel_time import TravelTimes

FORMAT = "dynamic-cover-region"
MANIFEST = "region.json"
REGION_PACK = PackKind(FORMAT, PACK_VERSION, MANIFEST, "region pack", "cover region", "cover region demo")
__all__ = ["MAX_MANIFEST_BYTES", "PackError", "check_may_write", "load_region", "save_region"]


def save_region(region: Region, folder: Path) -> None:
    """Write the region to `folder`, whole or not at all.

    Everything goes to a folder beside it, which is then renamed. An older pack there is replaced.

    Raises
    ------
    PackError
        Where `folder` exists and is not a region pack, or the disk refuses.
    """
    check_may_write(folder)
    files = _region_files(region)
    write_pack(REGION_PACK, folder, files, _manifest(region, files))


def check_may_write(folder: Path) -> None:
    """Raise PackError where `folder` is a file, or holds anything that is not of a region pack."""
    check_may_write_pack(REGION_PACK, folder)


def load_region(folder: Path) -> Region:
    """Read a region pack back, checking version, checksums, shapes and values.

    Raises
    ------
    PackError
        Naming the file, and the field in it, that is missing, damaged or wrong.
    """
    return _Reader(folder, read_manifest(REGION_PACK, folder, Manifest)).region()


class _Reader:
    """Puts a region together from the files of one pack."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        """Keep where and what."""
        self.folder = folder
        self.manifest = manifest
        self._pack = PackReader(REGION_PACK, folder, manifest.files)

    def region(self) -> Region:
        """Build the region; what its classes refuse becomes a PackError with the file of the field."""
        m = self.manifest
        count = m.counts
        stated = {"kinds": (count.kinds, len(m.kinds)), "districts": (count.districts, len(m.districts))}
        for name, (said, found) in stated.items():
            if said != found:
                raise PackError(
                    f"{self.folder / MANIFEST}: field counts.{name}: {said}; the list has {found}"
                )
        try:
            return self._region(self._roads())
        except PackError:
            raise
        except ValueError as error:
            raise self._pack.refused(error) from error

    def _region(self, roads: RoadNetwork | None) -> Region:
        m, count = self.manifest, self.manifest.counts
        travel: TravelTimes | None = self._law() or roads
        if travel is None:
            raise PackError(
                f"{self.folder / MANIFEST}: field distance_law: it is null and there are no roads"
            )
        stations, zones = count.stations, count.zones
        return Region(
            id=m.id,
            name=m.name,
            attribution=m.attribution,
            generated=m.generated,
            timezone=m.timezone,
            kinds=tuple(ApplianceKind(**msgspec.structs.asdict(kind)) for kind in m.kinds),
            stations=self._stations(),
            appliances=Appliances(
                ids=self._pack.names("appliances", count.appliances)[0],
                kind=self._pack.array("appliances.kind", np.int64, (count.appliances,)),
                home=self._pack.array("appliances.home", np.int64, (count.appliances,)),
            ),
            zones=self._zones(),
            districts=tuple(m.districts),
            boundary=self._pack.geometries("boundary", 1)[0],
            demand_per_h=self._pack.array("demand_per_h", np.float32, (count.kinds, 168, zones)),
            station_zone_s=self._pack.array("station_zone_s", np.float32, (stations, zones)),
            station_station_s=self._pack.array("station_station_s", np.float32, (stations, stations)),
            turnout_s=m.turnout_s,
            travel=travel,
            roads=roads,
            crs=m.crs,
            pack_version=m.version,
        )

    def _stations(self) -> Stations:
        count = self.manifest.counts.stations
        ids, names = self._pack.names("stations", count)
        return Stations(
            ids=ids,
            names=names,
            district=self._pack.array("stations.district", np.int64, (count,)),
            en=self._pack.array("stations.en", np.float64, (count, 2)),
            bays=self._pack.array("stations.bays", np.int64, (count,)),
        )

    def _zones(self) -> Zones:
        count = self.manifest.counts.zones
        ids, names = self._pack.names("zones", count)
        return Zones(
            ids=ids,
            names=names,
            district=self._pack.array("zones.district", np.int64, (count,)),
            en=self._pack.array("zones.en", np.float64, (count, 2)),
            population=self._pack.array("zones.population", np.float64, (count,)),
            polygons=self._pack.geometries("zones.polygons", count),
        )

    def _roads(self) -> RoadNetwork | None:
        nodes, arcs = self.manifest.counts.road_nodes, self.manifest.counts.road_arcs
        if not arcs:
            return None
        return RoadNetwork(
            node_en=self._pack.array("roads.node_en", np.float64, (nodes, 2)),
            tail=self._pack.array("roads.tail", np.int32, (arcs,)),
            head=self._pack.array("roads.head", np.int32, (arcs,)),
            travel_s=self._pack.array("roads.travel_s", np.float32, (arcs,)),
            speed_class=self._pack.array("roads.speed_class", np.uint8, (arcs,)),
        )

    def _law(self) -> DistanceLaw | None:
        law = self.manifest.distance_law
        if law is None:
            return None
        return DistanceLaw(
            law.root_s,
            law.crossover_m,
            start_en=self._pack.array("distance_law.start_en", np.float64, (law.starts, 2)),
            start_s=self._pack.array("distance_law.start_s", np.float64, (law.starts,)),
        )


def _manifest(region: Region, files: dict[str, bytes]) -> Manifest:
    roads, law = region.roads, region.travel
    if not isinstance(law, DistanceLaw) and law is not roads:
        raise PackError("travel: it must be a DistanceLaw or the region's own roads; nothing else is kept")
    return Manifest(
        format=FORMAT,
        version=PACK_VERSION,
        id=region.id,
        name=region.name,
        attribution=region.attribution,
        generated=region.generated,
        timezone=region.timezone,
        crs=region.crs,
        turnout_s=region.turnout_s,
        kinds=[
            KindEntry(kind.id, kind.name, kind.first_target_s, kind.second_target_s, kind.two_needed)
            for kind in region.kinds
        ],
        districts=list(region.districts),
        distance_law=(
            LawEntry(law.root_s, law.crossover_m, len(law.start_en)) if isinstance(law, DistanceLaw) else None
        ),
        counts=Counts(
            kinds=len(region.kinds),
            stations=len(region.stations.ids),
            appliances=len(region.appliances.ids),
            zones=len(region.zones.ids),
            districts=len(region.districts),
            road_nodes=len(roads.node_en) if roads else 0,
            road_arcs=len(roads.tail) if roads else 0,
        ),
        files=entries(files),
    )


def _region_files(region: Region) -> dict[str, bytes]:
    stations, appliances, zones, roads = region.stations, region.appliances, region.zones, region.roads
    arrays: dict[str, AnyArray] = {
        "stations.district": stations.district,
        "stations.en": stations.en,
        "stations.bays": stations.bays,
        "appliances.kind": appliances.kind,
        "appliances.home": appliances.home,
        "zones.district": zones.district,
        "zones.en": zones.en,
        "zones.population": zones.population,
        "demand_per_h": region.demand_per_h,
        "station_zone_s": region.station_zone_s,
        "station_station_s": region.station_station_s,
    }
    if roads is not None:
        arrays |= {
            "roads.node_en": roads.node_en,
            "roads.tail": roads.tail.astype(np.int32),
            "roads.head": roads.head.astype(np.int32),
            "roads.travel_s": roads.travel_s.astype(np.float32),
            "roads.speed_class": roads.speed_class.astype(np.uint8),
        }
    if isinstance(region.travel, DistanceLaw):
        arrays |= {
            "distance_law.start_en": region.travel.start_en,
            "distance_law.start_s": region.travel.start_s,
        }
    arrays |= geometry_arrays("zones.polygons", zones.polygons)
    arrays |= geometry_arrays("boundary", np.array([region.boundary], dtype=object))
    files = array_files(arrays)
    for name, listed in (
        ("stations", Names(list(stations.ids), list(stations.names))),
        ("appliances", Names(list(appliances.ids), [])),
        ("zones", Names(list(zones.ids), list(zones.names))),
    ):
        files[f"{name}.json"] = msgspec.json.encode(listed)
    return files
