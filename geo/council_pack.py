"""The council pack: one folder on disk that holds a council, checked when it is read back.

Called by the `cover council` commands and by every service that serves a council. Never repairs what it
reads: one wrong byte is refused with the file and the field. The format is in docs/council-pack.md.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from geo.council import COUNCIL_VERSION, Council
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
)
from geo.npy_array import AnyArray
from geo.pack_manifest import Count, FileEntry, Names, PackError
from geo.pack_store import (
    PackKind,
    PackReader,
    array_files,
    entries,
    geometry_arrays,
    read_manifest,
    write_pack,
)
from geo.pack_store import check_may_write as check_may_write_pack

COUNCIL_MANIFEST = "council.json"
COUNCIL_PACK = PackKind(
    "dynamic-cover-council",
    COUNCIL_VERSION,
    COUNCIL_MANIFEST,
    "council pack",
    "cover council demo",
    "cover council demo",
)
__all__ = ["COUNCIL_MANIFEST", "PackError", "check_may_write_council", "load_council", "save_council"]


class PastEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Figures of one of the weeks before."""

    label: str
    cost_per_collection: float
    overtime_h: float
    distance_km: float
    missed_per_1000: float


class CostsEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What things cost."""

    vehicle_day: float
    drive_h: float
    km: float
    overtime_h: float
    unserved_stop: float
    moved_stop: float


class CouncilCounts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many of each there are."""

    depots: Count
    tips: Count
    tip_windows: Count
    vehicles: Count
    streets: Count
    streets_points: Count
    properties: Count
    stops: Count
    stops_points: Count
    stop_windows: Count
    stop_bans: Count
    landmarks: Count
    nodes: Count
    arcs: Count
    materials: Count


class CouncilManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """council.json."""

    format: str
    version: int
    id: str
    name: str
    attribution: str
    generated: bool
    timezone: str
    crs: str
    brigade: str | None
    materials: list[str]
    costs: CostsEntry
    past: list[PastEntry]
    counts: CouncilCounts
    files: dict[str, FileEntry]


INDEX, NUMBER, FLAG, SINGLE = np.int64, np.float64, np.bool_, np.float32
PLACE = (NUMBER, 2)
Kind = npt.DTypeLike | tuple[npt.DTypeLike, int | str]
ARRAYS: dict[str, tuple[str, dict[str, Kind]]] = {
    # Part: what it has a row for; its arrays with their type and, where there are any, columns.
    "depots": ("depots", {"node": INDEX, "en": PLACE}),
    "tips": (
        "tips",
        {
            "node": INDEX,
            "en": PLACE,
            "open_s": (NUMBER, "tip_windows"),
            "close_s": (NUMBER, "tip_windows"),
            "service_s": NUMBER,
            "takes": (FLAG, "materials"),
        },
    ),
    "vehicles": (
        "vehicles",
        {
            "depot": INDEX,
            **dict.fromkeys(("shift_start_s", "shift_end_s", "max_overtime_s"), NUMBER),
            "capacity": (NUMBER, "materials"),
            **dict.fromkeys(("break_earliest_s", "break_latest_s", "break_s"), NUMBER),
            **dict.fromkeys(("max_trips", "skills"), INDEX),
            "turns": FLAG,
        },
    ),
    "streets": (
        "streets",
        {
            **dict.fromkeys(("start", "end", "speed_class"), INDEX),
            "one_way": FLAG,
            "length_m": NUMBER,
        },
    ),
    "properties": (
        "properties",
        {**dict.fromkeys(("uprn", "street", "number", "stop"), INDEX), "en": PLACE},
    ),
    "stops": (
        "stops",
        {
            **dict.fromkeys(("street", "side", "entry", "exit", "households", "skills"), INDEX),
            **dict.fromkeys(("either_way", "no_reversing"), FLAG),
            **dict.fromkeys(("service_s", "priority"), NUMBER),
            "load": (NUMBER, "materials"),
            "en": PLACE,
            **dict.fromkeys(("open_s", "close_s"), (NUMBER, "stop_windows")),
            **dict.fromkeys(("ban_from_s", "ban_until_s"), (NUMBER, "stop_bans")),
        },
    ),
    "landmarks": ("landmarks", {"en": PLACE, "extent_m": NUMBER}),
    "roads": (
        "arcs",
        {**dict.fromkeys(("tail", "head", "arc_street"), INDEX), **dict.fromkeys(("arc_s", "arc_m"), NUMBER)},
    ),
}
LINES = ("streets", "stops")
NAMED = ("depots", "tips", "vehicles", "streets", "stops", "landmarks")


def save_council(council: Council, folder: Path) -> None:
    """Write the council to `folder`, whole or not at all; an older pack there is replaced.

    Raises
    ------
    PackError
        Where `folder` exists and is not a council pack, or the disk refuses.
    """
    check_may_write_council(folder)
    files = _files(council)
    past = council.past
    manifest = CouncilManifest(
        format=COUNCIL_PACK.format,
        version=COUNCIL_VERSION,
        id=council.id,
        name=council.name,
        attribution=council.attribution,
        generated=council.generated,
        timezone=council.timezone,
        crs=council.crs,
        brigade=council.brigade,
        materials=list(council.materials),
        costs=CostsEntry(*(getattr(council.costs, name) for name in CostsEntry.__struct_fields__)),
        past=[
            PastEntry(*row)
            for row in zip(
                past.labels,
                past.cost_per_collection.tolist(),
                past.overtime_h.tolist(),
                past.distance_km.tolist(),
                past.missed_per_1000.tolist(),
                strict=True,
            )
        ],
        counts=_counts(council),
        files=entries(files),
    )
    write_pack(COUNCIL_PACK, folder, files, manifest)


def check_may_write_council(folder: Path) -> None:
    """Raise PackError where `folder` is a file, or holds anything that is not of a council pack."""
    check_may_write_pack(COUNCIL_PACK, folder)


def load_council(folder: Path) -> Council:
    """Read a council pack back, checking version, checksums, shapes and values.

    Raises
    ------
    PackError
        Naming the file, and the field in it, that is missing, damaged or wrong.
    """
    manifest = read_manifest(COUNCIL_PACK, folder, CouncilManifest)
    pack = PackReader(COUNCIL_PACK, folder, manifest.files)
    try:
        return _council(manifest, pack)
    except PackError:
        raise
    except ValueError as error:
        raise pack.refused(error) from error


def _council(m: CouncilManifest, pack: PackReader) -> Council:
    ids, names = {}, {}
    for part in NAMED:
        ids[part], names[part] = pack.names(part, getattr(m.counts, part))
    found = {part: _arrays(part, m, pack) for part in ARRAYS}
    nodes = m.counts.nodes
    past = m.past
    return Council(
        id=m.id,
        name=m.name,
        attribution=m.attribution,
        generated=m.generated,
        timezone=m.timezone,
        brigade=m.brigade,
        boundary=pack.geometries("boundary", 1)[0],
        materials=tuple(m.materials),
        depots=Depots(ids["depots"], names["depots"], **found["depots"]),
        tips=TipSites(ids["tips"], names["tips"], **found["tips"]),
        vehicles=Vehicles(ids["vehicles"], **found["vehicles"]),
        streets=CouncilStreets(ids["streets"], names["streets"], **found["streets"]),
        properties=Properties(**found["properties"]),
        stops=CollectionStops(ids["stops"], **found["stops"]),
        landmarks=Landmarks(ids["landmarks"], **found["landmarks"]),
        roads=CouncilRoads(node_en=pack.array("roads.node_en", NUMBER, (nodes, 2)), **found["roads"]),
        travel_s=pack.array("travel_s", SINGLE, (nodes, nodes)),
        dist_m=pack.array("dist_m", SINGLE, (nodes, nodes)),
        rounds=tuple(tuple(visits) for visits in pack.json("rounds", list[list[str]])),
        past=PastWeeks(
            tuple(week.label for week in past),
            np.array([week.cost_per_collection for week in past]),
            np.array([week.overtime_h for week in past]),
            np.array([week.distance_km for week in past]),
            np.array([week.missed_per_1000 for week in past]),
        ),
        costs=Costs(**msgspec.structs.asdict(m.costs)),
        crs=m.crs,
    )


def _arrays(part: str, m: CouncilManifest, pack: PackReader) -> dict[str, AnyArray]:
    counted, fields = ARRAYS[part]
    rows = getattr(m.counts, counted)
    found = {}
    for name, kind in fields.items():
        dtype, wide = kind if isinstance(kind, tuple) else (kind, None)
        columns = getattr(m.counts, wide) if isinstance(wide, str) else wide
        shape = (rows,) if columns is None else (rows, columns)
        found[name] = pack.array(f"{part}.{name}", dtype, shape)
    if part in LINES:
        found["line"] = pack.array(f"{part}.line", NUMBER, (getattr(m.counts, f"{part}_points"), 2))
        found["first"] = pack.array(f"{part}.first", INDEX, (rows + 1,))
    return found


def _counts(council: Council) -> CouncilCounts:
    stops = council.stops
    return CouncilCounts(
        depots=len(council.depots.ids),
        tips=len(council.tips.ids),
        tip_windows=council.tips.open_s.shape[1],
        vehicles=len(council.vehicles.ids),
        streets=len(council.streets.ids),
        streets_points=len(council.streets.line),
        properties=len(council.properties.uprn),
        stops=len(stops.ids),
        stops_points=len(stops.line),
        stop_windows=stops.open_s.shape[1],
        stop_bans=stops.ban_from_s.shape[1],
        landmarks=len(council.landmarks.names),
        nodes=len(council.roads.node_en),
        arcs=len(council.roads.tail),
        materials=len(council.materials),
    )


def _files(council: Council) -> dict[str, bytes]:
    arrays: dict[str, AnyArray] = {
        f"{part}.{name}": getattr(getattr(council, part), name)
        for part, (_, fields) in ARRAYS.items()
        for name in (*fields, *(("line", "first") if part in LINES else ()))
    }
    arrays |= {"roads.node_en": council.roads.node_en, "travel_s": council.travel_s, "dist_m": council.dist_m}
    arrays |= geometry_arrays("boundary", np.array([council.boundary], dtype=object))
    files = array_files(arrays)
    for part in NAMED:
        held = getattr(council, part)
        ids = held.ids if part != "landmarks" else held.names
        names = held.names if part in ("depots", "tips", "streets") else ()
        files[f"{part}.json"] = msgspec.json.encode(Names(list(ids), list(names)))
    files["rounds.json"] = msgspec.json.encode(council.rounds)
    return files
