"""The real London from open data: stations, pumps, zones, demand and a fitted distance law.

Called by `cover region build PACK --lfb FOLDER`. Never copies a record into the pack: only what is counted
and fitted from them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from geo.arrays import FloatArray, IntArray
from geo.distance_fit import FitError, LawFit, Runs, error_of, fit_law
from geo.distance_law import law_s
from geo.lfb_records import (
    LONDON_TIME,
    CallDays,
    IncidentFile,
    IncidentRecord,
    PumpArrival,
    calls_of_days,
    read_incidents,
)
from geo.london_files import (
    AREAS_FILE,
    BOROUGHS_FILE,
    INCIDENTS_FILE,
    POPULATION_FILE,
    STATIONS_FILE,
    Areas,
    LandStations,
    check_folder,
    read_areas,
    read_boroughs,
    read_population,
    read_stations,
)
from geo.recorded_demand import recorded_demand
from geo.region import ApplianceKind, Appliances, Region, Stations, Zones
from geo.strict_csv import SourceError

LONDON_ID = "london"
ATTRIBUTION = (
    "London Fire Brigade incident records, London Datastore, Open Government Licence v3.0; "
    "contains National Statistics and OS data © Crown copyright and database right"
)
# The brigade's attendance targets: the first pump within 6 minutes, the second within 8.
LONDON_KINDS = (ApplianceKind("pump", "Pump", 360.0, 480.0, True),)
# A station has a second pump where both pumps of at least this many incidents came from it: this gives 40 of
# 102 stations, and so 142 pumps, which is London's number.
TWO_PUMP_INCIDENTS = 8
# Bays are not in open data. Assumed: one for each pump and one spare for a pump on standby.
SPARE_BAYS = 1
# The sample holds 10,000 of 2023's incidents, about 8 %: 10,000 / 0.08 / 365 is about 340 a day.
INCIDENTS_PER_DAY = 340.0
# Records outside every zone (in the river, just over the border) count for the nearest one within this.
NEAREST_ZONE_M = 1_000.0


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What the builder counted and how well the travel times fit, for people to read."""

    lines: tuple[str, ...]
    held_out: FitError
    held_out_plain: FitError
    second_pumps: FitError


def build_london_region(
    folder: Path,
    incidents_per_day: float = INCIDENTS_PER_DAY,
    progress: Callable[[str], None] | None = None,
    calls: CallDays = "all",
) -> tuple[Region, BuildReport]:
    """Build London from the folder of open data.

    Parameters
    ----------
    folder
        Holds the files of `london_files`.
    incidents_per_day
        The true volume that demand is scaled to, whichever calls it is counted from.
    calls
        Which calls demand is counted from. The fleet's second pumps, the distance law and its held-out
        errors are always those of all calls: they are the same for a brigade that moves and one that does
        not, and packs that differ in `calls` differ in demand alone.

    Raises
    ------
    SourceError
        Naming the file and the column or row that is missing or wrong.
    ValueError
        When the volume is out of range or `calls` is no choice.
    """
    if not 0 < incidents_per_day < 1e6:
        raise ValueError(f"incidents_per_day: {incidents_per_day}; it must be above 0 and below a million")
    check_folder(folder)
    say = progress or (lambda _: None)
    say("stations, areas, boroughs and population")
    listed = read_stations(folder / STATIONS_FILE)
    boroughs = read_boroughs(folder / BOROUGHS_FILE)
    areas = read_areas(folder / AREAS_FILE)
    zones = _zones(areas, boroughs, read_population(folder / POPULATION_FILE), folder / POPULATION_FILE)
    say("incident records")
    read = read_incidents(folder / INCIDENTS_FILE)
    if not read.records:
        raise SourceError(f"{folder / INCIDENTS_FILE}: no row can be used: {read.reasons()}")
    stations, appliances = _fleet(listed, boroughs, read.records)
    say("travel times: fitting the distance law")
    first, unknown = _runs(read.records, listed, lambda record: record.first)
    second, _ = _runs(read.records, listed, lambda record: record.second)
    fit = fit_law(first, listed.en)
    say("demand")
    counted = calls_of_days(read.records, calls)
    if not counted:
        raise SourceError(f"{folder / INCIDENTS_FILE}: no call is of {calls}; use --calls all")
    zone, hour = _located(counted, zones)
    known = zone >= 0
    demand = recorded_demand(zone[known], hour[known], zones.population, zones.district, incidents_per_day)
    region = Region(
        id=LONDON_ID,
        name="London",
        attribution=_attribution(calls),
        generated=False,
        timezone="Europe/London",
        kinds=LONDON_KINDS,
        stations=stations,
        appliances=appliances,
        zones=zones,
        districts=boroughs.names,
        boundary=shapely.union_all(boroughs.polygons),
        demand_per_h=demand[None],
        station_zone_s=fit.law.matrix(stations.en, zones.en),
        station_station_s=fit.law.matrix(stations.en, stations.en),
        turnout_s=fit.turnout_s,
        travel=fit.law,
    )
    demand_line = _demand_line(calls, len(counted), int((~known).sum()), incidents_per_day)
    return region, _report(region, read, fit, second, unknown, demand_line)


def _attribution(calls: CallDays) -> str:
    """Say in the pack itself where its demand is not from all calls, so that no one mistakes it later."""
    return ATTRIBUTION if calls == "all" else f"{ATTRIBUTION}; demand from calls of {calls} only"


def _demand_line(calls: CallDays, counted: int, lost: int, incidents_per_day: float) -> str:
    share = counted / (incidents_per_day * 365)
    return (
        f"demand: {incidents_per_day:g} incidents a day, from {counted:,} calls ({calls}), {share:.1%} of a "
        f"year's; outside London, and left out: {lost}"
    )


def _zones(areas: Areas, boroughs: Areas, people: dict[str, float], source: Path) -> Zones:
    missing = [code for code in areas.codes if code not in people]
    if missing:
        raise SourceError(f"{source}: has no population for {missing[0]} and {len(missing) - 1} more areas")
    number = {name: index for index, name in enumerate(boroughs.names)}
    strange = sorted(set(areas.boroughs) - set(number))
    if strange:
        raise SourceError(f"{BOROUGHS_FILE}: has no borough {', '.join(strange)}; use files of one place")
    en = shapely.get_coordinates(shapely.centroid(areas.polygons))
    outside = ~shapely.contains_xy(areas.polygons, en[:, 0], en[:, 1])
    en[outside] = shapely.get_coordinates(shapely.point_on_surface(areas.polygons[outside]))
    return Zones(
        ids=areas.codes,
        names=areas.names,
        district=np.array([number[name] for name in areas.boroughs]),
        en=en,
        population=np.array([people[code] for code in areas.codes]),
        polygons=areas.polygons,
    )


def _fleet(
    listed: LandStations, boroughs: Areas, records: Sequence[IncidentRecord]
) -> tuple[Stations, Appliances]:
    """Give each station one pump, and a second where the records show one."""
    both = Counter(
        record.first.station
        for record in records
        if record.first and record.second and record.first.station == record.second.station
    )
    pumps = [2 if both[name] >= TWO_PUMP_INCIDENTS else 1 for name in listed.names]
    ids = [
        f"{callsign}{digit + 1}"
        for callsign, count in zip(listed.callsigns, pumps, strict=True)
        for digit in range(count)
    ]
    tree = shapely.STRtree(boroughs.polygons)
    district = np.asarray(tree.nearest(shapely.points(listed.en)), dtype=np.int64)
    bays = np.array(pumps) + SPARE_BAYS
    home = np.repeat(np.arange(len(pumps)), pumps)
    stations = Stations(listed.callsigns, listed.names, district, listed.en, bays)
    return stations, Appliances(tuple(ids), np.zeros(len(ids), dtype=np.int64), home)


def _runs(
    records: Sequence[IncidentRecord],
    listed: LandStations,
    pump: Callable[[IncidentRecord], PumpArrival | None],
) -> tuple[Runs, int]:
    """Return the runs of one pump of each record, and how many name a station that is not listed."""
    number = {name: index for index, name in enumerate(listed.names)}
    kept: list[tuple[int, float, float, float]] = []
    unknown = 0
    for record in records:
        arrival = pump(record)
        if arrival is None:
            continue
        if arrival.station not in number:
            unknown += 1
            continue
        kept.append((number[arrival.station], record.easting_m, record.northing_m, arrival.attendance_s))
    table = np.array(kept, dtype=np.float64).reshape(-1, 4)
    station: IntArray = table[:, 0].astype(np.int64)
    dist_m: FloatArray = np.hypot(*(table[:, 1:3] - listed.en[station]).T)
    return Runs(station, dist_m, table[:, 3]), unknown


def _located(records: Sequence[IncidentRecord], zones: Zones) -> tuple[IntArray, IntArray]:
    """Return the zone (n,), -1 where none is near, and the local hour of the week (n,) of each record."""
    en = np.array([(record.easting_m, record.northing_m) for record in records])
    zone = zones.locate(en)
    lost = np.flatnonzero(zone < 0)
    if len(lost):
        tree = shapely.STRtree(zones.polygons)
        place, near = tree.query_nearest(
            shapely.points(en[lost]), max_distance=NEAREST_ZONE_M, all_matches=False
        )
        zone[lost[place]] = near
    local = [record.called_at.astimezone(LONDON_TIME) for record in records]
    hour = np.array([time.weekday() * 24 + time.hour for time in local])
    return zone, hour


def _report(
    region: Region,
    read: IncidentFile,
    fit: LawFit,
    second: Runs,
    unknown: int,
    demand_line: str,
) -> BuildReport:
    law = fit.law
    predicted = region.turnout_s + _law_at(fit, second)
    seconds = error_of(predicted, second.attendance_s)
    two = int((np.bincount(region.appliances.home) == 2).sum())
    bad = ", ".join(f"{count} × {field}" for field, count in read.reasons().items()) or "none"
    lines = (
        f"{len(region.stations.ids)} land stations, {two} of them with two pumps: "
        f"{len(region.appliances.ids)} pumps (rule: both pumps of {TWO_PUMP_INCIDENTS} incidents from there)",
        "bays: pumps + 1 (an assumption; bays are not in open data)",
        f"{len(region.zones.ids)} zones, {len(region.districts)} boroughs",
        f"{len(read.records):,} records; rows that cannot be used: {bad}; "
        f"first pumps of unknown stations: {unknown}",
        demand_line,
        f"distance law: turnout {fit.turnout_s:.0f} s; {law.root_s:.3f} s/√m up to {law.crossover_m:,.0f} m, "
        f"then {law.cruising_mps * 3.6:.1f} km/h over the straight line; stations' own starts "
        f"{law.start_s.min():+.0f} to {law.start_s.max():+.0f} s",
        f"held out (5 parts), first pumps:              {fit.held_out.line()}",
        f"held out, without the stations' own starts:   {fit.held_out_plain.line()}",
        f"second pumps (none of them used for the fit): {seconds.line()}",
    )
    return BuildReport(lines, fit.held_out, fit.held_out_plain, seconds)


def _law_at(fit: LawFit, runs: Runs) -> FloatArray:
    """Return the seconds of driving the fitted law gives for recorded runs, (n,)."""
    travel = law_s(runs.dist_m, fit.law.root_s, fit.law.crossover_m) + fit.law.start_s[runs.station]
    return np.asarray(np.maximum(travel, 0.0))
