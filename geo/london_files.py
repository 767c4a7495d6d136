"""London's open data as published: stations, small areas with population, boroughs.

Called by the London builder. Never decides how many appliances stand where; it only reads.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapefile
import shapely

from geo.arrays import FloatArray, GeometryArray
from geo.strict_csv import SourceError, rows_of

STATIONS_FILE = "lfb_stations.csv"
INCIDENTS_FILE = "lfb_incidents_2023_sample.csv"
AREAS_FILE = "lsoa11.shp"
POPULATION_FILE = "lsoa11_population_mid2020.csv"
BOROUGHS_FILE = "boroughs22.shp"
ALL_FILES = (STATIONS_FILE, INCIDENTS_FILE, AREAS_FILE, POPULATION_FILE, BOROUGHS_FILE)
# The fireboat's pier: no fire engine stands there.
RIVER_STATION = "Lambeth River"


@dataclass(frozen=True, slots=True, eq=False)
class LandStations:
    """Stations on land in callsign order: callsigns, names, place (S, 2) in EPSG:27700 metres."""

    callsigns: tuple[str, ...]
    names: tuple[str, ...]
    en: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Areas:
    """Polygons with a code, a name and the name of the borough they are in."""

    codes: tuple[str, ...]
    names: tuple[str, ...]
    boroughs: tuple[str, ...]
    polygons: GeometryArray


def check_folder(folder: Path) -> None:
    """Raise SourceError naming every file of London's open data that is not in `folder`."""
    if not folder.is_dir():
        raise SourceError(f"{folder}: there is no such folder; name the one with {', '.join(ALL_FILES)}")
    missing = [name for name in ALL_FILES if not (folder / name).is_file()]
    if missing:
        raise SourceError(f"{folder}: {', '.join(missing)} is missing; put all of London's open data there")


def read_stations(path: Path) -> LandStations:
    """Read the station list without the river station; SourceError names what is wrong."""
    found: list[tuple[str, str, float, float]] = []
    for line, row in rows_of(path, ("callsign", "name", "easting_m", "northing_m")):
        try:
            place = float(row["easting_m"]), float(row["northing_m"])
        except ValueError as error:
            raise SourceError(f"{path}: line {line}: easting_m or northing_m is no number") from error
        if not row["callsign"] or not row["name"]:
            raise SourceError(f"{path}: line {line}: callsign or name is empty; each station needs both")
        if row["name"] != RIVER_STATION:
            found.append((row["callsign"], row["name"], *place))
    found.sort()
    return LandStations(
        tuple(one[0] for one in found),
        tuple(one[1] for one in found),
        np.array([one[2:] for one in found]),
    )


def read_population(path: Path) -> dict[str, float]:
    """Read persons of all ages by area code; SourceError names what is wrong."""
    people: dict[str, float] = {}
    for line, row in rows_of(path, ("LSOA11CD", "Persons_All-Ages")):
        try:
            people[row["LSOA11CD"]] = float(row["Persons_All-Ages"].replace(",", ""))
        except ValueError as error:
            raise SourceError(f"{path}: line {line}: Persons_All-Ages is no number") from error
    return people


def read_areas(path: Path) -> Areas:
    """Read the lower super output areas; SourceError names what is wrong."""
    columns, polygons = _shapes(path, ("LSOA11CD", "LSOA11NM", "LAD11NM"))
    return Areas(columns[0], columns[1], columns[2], polygons)


def read_boroughs(path: Path) -> Areas:
    """Read the boroughs; SourceError names what is wrong."""
    columns, polygons = _shapes(path, ("LAD22CD", "LAD22NM"))
    return Areas(columns[0], columns[1], columns[1], polygons)


def _shapes(path: Path, fields: tuple[str, ...]) -> tuple[list[tuple[str, ...]], GeometryArray]:
    """Read named columns and valid polygons of a shapefile."""
    try:
        with shapefile.Reader(str(path), encoding="utf-8") as reader:
            found = [field[0] for field in reader.fields[1:]]
            missing = [name for name in fields if name not in found]
            if missing:
                raise SourceError(
                    f"{path}: field {', '.join(missing)} is missing; it has {', '.join(found)}. "
                    "Use the file as published"
                )
            records = [[str(record[name]) for name in fields] for record in reader.iterRecords()]
            shapes = [shapely.geometry.shape(shape.__geo_interface__) for shape in reader.iterShapes()]
    except (shapefile.ShapefileException, struct.error, OSError, UnicodeDecodeError, EOFError) as error:
        raise SourceError(f"{path}: is no readable shapefile: {error}") from error
    if not records:
        raise SourceError(f"{path}: holds no area")
    polygons = np.array(shapes, dtype=object)
    bad = ~shapely.is_valid(polygons)
    polygons[bad] = shapely.buffer(polygons[bad], 0)
    return [tuple(column) for column in zip(*records, strict=True)], polygons
