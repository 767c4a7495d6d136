"""The region pack: one folder on disk that holds a region, checked when it is read back.

Called by the `cover region` commands and by every service that serves a region. Never repairs what it reads:
a pack with one wrong byte is refused with the file and the field. The format is in docs/region-pack.md.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import tempfile
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from geo.arrays import GeometryArray
from geo.distance_law import DistanceLaw
from geo.npy_array import AnyArray, array_from_npy
from geo.pack_files import plain_size, put_in_place, read_start, write_durably
from geo.pack_manifest import Counts, FileEntry, Head, KindEntry, LawEntry, Listed, Manifest, Names, PackError
from geo.polygon_wkb import polygons_from_wkb, polygons_to_wkb
from geo.region import PACK_VERSION, ApplianceKind, Appliances, Region, Stations, Zones
from geo.road_network import RoadNetwork
from geo.travel_time import TravelTimes

FORMAT = "dynamic-cover-region"
MANIFEST = "region.json"
# No honest region comes near these: London has 4 kB of manifest, 8 MB of pack, 0.14 MB in its longest list.
MAX_MANIFEST_BYTES = 4 << 20
MAX_NAMES_BYTES = 64 << 20
MAX_PACK_BYTES = 1 << 30
# What msgspec raises for bytes that are not what they must be; it follows nesting by recursion, to a limit.
DECODE_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
__all__ = ["PackError", "check_may_write", "load_region", "save_region"]


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
    manifest = _manifest(region, files)
    files[MANIFEST] = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise PackError(f"{folder}: cannot be written: {error}") from error
    try:
        fresh.chmod(0o755)
        for name, content in files.items():
            write_durably(fresh / name, content)
        put_in_place(fresh, folder)
    except OSError as error:
        raise PackError(f"{folder}: cannot be written: {error}") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def check_may_write(folder: Path) -> None:
    """Raise PackError where `folder` is a file, or holds anything that is not of a region pack."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise PackError(f"{folder}: is a file; name a folder for the region pack")
    if any(folder.iterdir()):
        try:
            _, content = _read_head(folder / MANIFEST)
            listed = msgspec.json.decode(content, type=Listed)
        except (PackError, *DECODE_ERRORS) as error:
            raise PackError(
                f"{folder}: holds something that is not a region pack; name another folder or empty it"
            ) from error
        foreign = {entry.name for entry in folder.iterdir()} - set(listed.files) - {MANIFEST}
        if foreign:
            raise PackError(
                f"{folder}: holds {min(foreign)!r}, which is not of the pack and would be lost; name another "
                "folder or move it away"
            )


def load_region(folder: Path) -> Region:
    """Read a region pack back, checking version, checksums, shapes and values.

    Raises
    ------
    PackError
        Naming the file, and the field in it, that is missing, damaged or wrong.
    """
    path = folder / MANIFEST
    head, content = _read_head(path)
    if head.version != PACK_VERSION:
        raise PackError(
            f"{path}: field version: {head.version}; this code reads {PACK_VERSION}; "
            "build the pack again with `cover region`, or use the version of Dynamic Cover that wrote it"
        )
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except DECODE_ERRORS as error:
        raise PackError(f"{path}: {error}") from error
    total = sum(entry.bytes for entry in manifest.files.values())
    if total > MAX_PACK_BYTES:
        raise PackError(f"{path}: field files: {total} bytes; a pack may have {MAX_PACK_BYTES}")
    return _Reader(folder, manifest).region()


def _read_head(path: Path) -> tuple[Head, bytes]:
    """Return the head of the manifest, and the whole of it: it is read only once."""
    try:
        if plain_size(path) > MAX_MANIFEST_BYTES:
            raise PackError(f"{path}: is not the manifest of a region pack: above {MAX_MANIFEST_BYTES} bytes")
        content = read_start(path, MAX_MANIFEST_BYTES)
        head = msgspec.json.decode(content, type=Head)
    except FileNotFoundError as error:
        raise PackError(
            f"{path}: is missing; {path.parent} is no region pack: "
            f"build one, e.g. `cover region demo {path.parent}`"
        ) from error
    except OSError as error:
        raise PackError(f"{path}: cannot be read: {error}") from error
    except DECODE_ERRORS as error:
        raise PackError(f"{path}: is not the manifest of a region pack: {error}") from error
    if head.format != FORMAT:
        raise PackError(f"{path}: field format: {head.format!r}; it must be {FORMAT!r}")
    return head, content


class _Reader:
    """Reads the files of one pack; every error names the file."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        """Keep where and what."""
        self.folder = folder
        self.manifest = manifest

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
            field = str(error).partition(":")[0]
            name = f"{field}.npy" if f"{field}.npy" in m.files else MANIFEST
            raise PackError(f"{self.folder / name}: {error}") from error

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
                ids=self._names("appliances", count.appliances)[0],
                kind=self._array("appliances.kind", np.int64, (count.appliances,)),
                home=self._array("appliances.home", np.int64, (count.appliances,)),
            ),
            zones=self._zones(),
            districts=tuple(m.districts),
            boundary=self._geometries("boundary", 1)[0],
            demand_per_h=self._array("demand_per_h", np.float32, (count.kinds, 168, zones)),
            station_zone_s=self._array("station_zone_s", np.float32, (stations, zones)),
            station_station_s=self._array("station_station_s", np.float32, (stations, stations)),
            turnout_s=m.turnout_s,
            travel=travel,
            roads=roads,
            crs=m.crs,
            pack_version=m.version,
        )

    def _stations(self) -> Stations:
        count = self.manifest.counts.stations
        ids, names = self._names("stations", count)
        return Stations(
            ids=ids,
            names=names,
            district=self._array("stations.district", np.int64, (count,)),
            en=self._array("stations.en", np.float64, (count, 2)),
            bays=self._array("stations.bays", np.int64, (count,)),
        )

    def _zones(self) -> Zones:
        count = self.manifest.counts.zones
        ids, names = self._names("zones", count)
        return Zones(
            ids=ids,
            names=names,
            district=self._array("zones.district", np.int64, (count,)),
            en=self._array("zones.en", np.float64, (count, 2)),
            population=self._array("zones.population", np.float64, (count,)),
            polygons=self._geometries("zones.polygons", count),
        )

    def _roads(self) -> RoadNetwork | None:
        nodes, arcs = self.manifest.counts.road_nodes, self.manifest.counts.road_arcs
        if not arcs:
            return None
        return RoadNetwork(
            node_en=self._array("roads.node_en", np.float64, (nodes, 2)),
            tail=self._array("roads.tail", np.int32, (arcs,)),
            head=self._array("roads.head", np.int32, (arcs,)),
            travel_s=self._array("roads.travel_s", np.float32, (arcs,)),
            speed_class=self._array("roads.speed_class", np.uint8, (arcs,)),
        )

    def _law(self) -> DistanceLaw | None:
        law = self.manifest.distance_law
        if law is None:
            return None
        return DistanceLaw(
            law.root_s,
            law.crossover_m,
            start_en=self._array("distance_law.start_en", np.float64, (law.starts, 2)),
            start_s=self._array("distance_law.start_s", np.float64, (law.starts,)),
        )

    def _bytes(self, name: str, most: int = MAX_PACK_BYTES) -> bytes:
        path = self.folder / name
        stated = self.manifest.files.get(name)
        if stated is None:
            raise PackError(f"{self.folder / MANIFEST}: field files: {name} is not listed")
        if stated.bytes > most:
            raise PackError(f"{path}: has {stated.bytes} bytes; it may have {most}")
        try:
            size = plain_size(path)
            if size != stated.bytes:
                raise PackError(f"{path}: has {size} bytes; the manifest says {stated.bytes}; build it again")
            content = read_start(path, size)
        except FileNotFoundError as error:
            raise PackError(f"{path}: is missing; copy the whole folder or build it again") from error
        except OSError as error:
            raise PackError(f"{path}: cannot be read: {error}") from error
        if hashlib.sha256(content).hexdigest() != stated.sha256:
            raise PackError(f"{path}: its sha256 is not the manifest's: the file is damaged; build it again")
        return content

    def _array(self, name: str, dtype: npt.DTypeLike, shape: tuple[int | None, ...]) -> AnyArray:
        path = self.folder / f"{name}.npy"
        content = self._bytes(path.name)
        try:
            return array_from_npy(content, dtype, shape)
        except ValueError as error:
            raise PackError(f"{path}: field {name}: {error}") from error

    def _names(self, name: str, count: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        path = self.folder / f"{name}.json"
        try:
            listed = msgspec.json.decode(self._bytes(path.name, MAX_NAMES_BYTES), type=Names)
        except DECODE_ERRORS as error:
            raise PackError(f"{path}: {error}") from error
        if len(listed.ids) != count:
            raise PackError(f"{path}: field ids: {len(listed.ids)} of them; the manifest says {count}")
        return tuple(listed.ids), tuple(listed.names)

    def _geometries(self, name: str, count: int) -> GeometryArray:
        path = self.folder / f"{name}.npy"
        content = self._array(name, np.uint8, (None,)).tobytes()
        ends = self._array(f"{name}.ends", np.int64, (count,))
        starts = np.concatenate([[0], ends[:-1]])
        if len(content) != (ends[-1] if count else 0) or (starts >= ends).any() or (starts < 0).any():
            raise PackError(f"{path}: field {name}: its parts do not fit {name}.ends.npy; build it again")
        parts = [content[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
        try:
            return polygons_from_wkb(parts)
        except ValueError as error:
            raise PackError(f"{path}: field {name}: {error}") from error


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
        files={
            name: FileEntry(len(content), hashlib.sha256(content).hexdigest())
            for name, content in sorted(files.items())
        },
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
    arrays |= _geometry_arrays("zones.polygons", zones.polygons)
    arrays |= _geometry_arrays("boundary", np.array([region.boundary], dtype=object))
    files = {f"{name}.npy": _npy(array) for name, array in arrays.items()}
    for name, listed in (
        ("stations", Names(list(stations.ids), list(stations.names))),
        ("appliances", Names(list(appliances.ids), [])),
        ("zones", Names(list(zones.ids), list(zones.names))),
    ):
        files[f"{name}.json"] = msgspec.json.encode(listed)
    return files


def _geometry_arrays(name: str, geometries: GeometryArray) -> dict[str, AnyArray]:
    parts = polygons_to_wkb(geometries)
    ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
    return {name: np.frombuffer(b"".join(parts), dtype=np.uint8), f"{name}.ends": ends}


def _npy(array: AnyArray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
