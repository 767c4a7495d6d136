"""The manifest of a region pack: region.json, field by field, and the error of a pack that is not right.

Called by the region pack. Never reads or writes a file.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

Count = Annotated[int, msgspec.Meta(ge=0)]


class PackError(ValueError):
    """A region pack cannot be read or written; the message names the file, the field and what to do."""


class Listed(msgspec.Struct, frozen=True):
    """Only the names of a pack's files, whatever its version."""

    files: dict[str, msgspec.Raw] = {}


class Head(msgspec.Struct, frozen=True):
    """What every version of the manifest has."""

    format: str
    version: int


class FileEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of the pack."""

    bytes: Count
    sha256: str


class KindEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of appliance."""

    id: str
    name: str
    first_target_s: float
    second_target_s: float
    two_needed: bool


class LawEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The parameters of a distance law."""

    root_s: float
    crossover_m: float
    starts: Count


class Counts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many of each there are."""

    kinds: Count
    stations: Count
    appliances: Count
    zones: Count
    districts: Count
    road_nodes: Count
    road_arcs: Count


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """region.json."""

    format: str
    version: int
    id: str
    name: str
    attribution: str
    generated: bool
    timezone: str
    crs: str
    turnout_s: float
    kinds: list[KindEntry]
    districts: list[str]
    distance_law: LawEntry | None
    counts: Counts
    files: dict[str, FileEntry]


class Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """stations.json, appliances.json (names empty) and zones.json."""

    ids: list[str]
    names: list[str]
