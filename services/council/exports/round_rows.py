"""A round in rows: what a crew does one after the other, in places and words. Exports are made of these.

Called by the exports. Reads the council and the day's picture; never knows a file format.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.council import BACKWARD_SUFFIX, Council
from services.council.day_picture import DayPicture
from services.council.visits import stop_of, tip_of
from streams.council_events import StopOutcome
from streams.rounds_plan import AddedStop

LonLat = NDArray[np.float64]
Times = Mapping[str, Sequence[float | None]]
"""By vehicle, when each visit begins: seconds of the local day, None where not known."""
SECONDS_OF_DAY = 86_400
OUTCOME_WORDS = {
    StopOutcome.COLLECTED: "collected",
    StopOutcome.NOT_OUT: "not out",
    StopOutcome.CONTAMINATED: "contaminated",
    StopOutcome.NO_ACCESS: "no access",
    StopOutcome.OVERWEIGHT: "overweight",
}


@dataclass(frozen=True, slots=True, eq=False)
class RoundRow:
    """One visit.

    Attributes
    ----------
    position
        From 1.
    kind
        `stop`, `tip` or `break`.
    ids
        The visit's word in the plan, and the stop's or tip's id.
    street, houses
        Name, and house numbers as "1-23 odd"; empty where there is none.
    note
        What the crew has to know: locked, revisit, one side, no reversing, closed at school time.
    begin_s
        Seconds of the local day, None where not known.
    state
        What was done: an outcome in words, `done`, or empty.
    line
        (n, 2) longitude and latitude along it, in the direction of service; one row for a place; None for a
        break.
    """

    position: int
    kind: str
    visit: str
    id: str
    street: str
    houses: str
    households: int
    service_s: float
    load: dict[str, float]
    note: str
    begin_s: float | None
    state: str
    line: LonLat | None


@dataclass(frozen=True, slots=True, eq=False)
class CrewRound:
    """The round of one vehicle."""

    vehicle: str
    letter: str
    depot: str
    depot_lonlat: LonLat
    shift_start_s: float
    shift_end_s: float
    rows: tuple[RoundRow, ...]


def clock(seconds: float | None) -> str:
    """Seconds of the local day as "07:05", with "+1" behind it on the next day; empty for None."""
    if seconds is None or not np.isfinite(seconds):
        return ""
    minutes = round(seconds / 60)
    days, minutes = divmod(minutes, SECONDS_OF_DAY // 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}" + (f"+{days}" if days else "")


def crew_rounds(
    council: Council, picture: DayPicture, times: Times, vehicles: Sequence[str] | None = None
) -> list[CrewRound]:
    """The rounds of these vehicles (None: of all), as they are now.

    Raises
    ------
    KeyError
        Naming a vehicle the council does not have.
    """
    chosen = council.vehicles.ids if vehicles is None else vehicles
    return [_crew_round(council, picture, times.get(vehicle, ()), vehicle) for vehicle in chosen]


def _crew_round(
    council: Council, picture: DayPicture, times: Sequence[float | None], vehicle: str
) -> CrewRound:
    number = council.vehicle_number[vehicle]
    depot = int(council.vehicles.depot[number])
    state = picture.vehicles.get(vehicle)
    done = 0 if state is None else state.done
    rows = []
    for at, visit in enumerate(picture.rounds.get(vehicle, ())):
        begin_s = times[at] if at < len(times) else None
        rows.append(_row(council, picture, at, visit, begin_s, at < done))
    return CrewRound(
        vehicle,
        council.vehicles.letters[number],
        council.depots.names[depot],
        np.atleast_2d(council.to_wgs84(council.depots.en[depot])),
        float(council.vehicles.shift_start_s[number]),
        float(council.vehicles.shift_end_s[number]),
        tuple(rows),
    )


def _row(
    council: Council, picture: DayPicture, at: int, visit: str, begin_s: float | None, done: bool
) -> RoundRow:
    stop = stop_of(visit)
    word = "done" if done else ""
    if stop is not None:
        return _stop_row(council, picture, at, visit, stop, begin_s, word)
    tip = tip_of(visit)
    if tip is None:
        return RoundRow(at + 1, "break", visit, visit, "", "", 0, 0.0, {}, "", begin_s, word, None)
    number = council.tip_number[tip]
    line = np.atleast_2d(council.to_wgs84(council.tips.en[number]))
    name, service_s = council.tips.names[number], float(council.tips.service_s[number])
    return RoundRow(at + 1, "tip", visit, tip, name, "", 0, service_s, {}, "", begin_s, word, line)


def _stop_row(
    council: Council,
    picture: DayPicture,
    at: int,
    visit: str,
    stop: str,
    begin_s: float | None,
    word: str,
) -> RoundRow:
    done = picture.stops_done.get(stop)
    state = OUTCOME_WORDS[done.outcome] if done is not None else word
    added = picture.added.get(stop)
    notes = ["locked to this crew"] if stop in picture.locks else []
    number = council.stop_number.get(stop)
    if added is not None or number is None:
        return _added_row(council, at, visit, stop, added, begin_s, state, notes)
    part = council.stops
    street = council.streets.names[int(part.street[number])]
    line = council.to_wgs84(part.line[part.first[number] : part.first[number + 1]])
    if visit.endswith(BACKWARD_SUFFIX):
        line = line[::-1]
    if np.isfinite(part.ban_from_s[number]).any():
        ban = int(np.isfinite(part.ban_from_s[number]).argmax())
        notes.append(
            f"not {clock(part.ban_from_s[number, ban])}-{clock(part.ban_until_s[number, ban])} (school)"
        )
    if part.no_reversing[number]:
        notes.append("no reversing")
    members = council.properties_of(number)
    load = {name: float(kg) for name, kg in zip(council.materials, part.load[number], strict=True)}
    return RoundRow(
        at + 1,
        "stop",
        visit,
        stop,
        street,
        house_numbers(council.properties.number[members].tolist()),
        int(part.households[number]),
        float(part.service_s[number]),
        load,
        "; ".join(notes),
        begin_s,
        state,
        line,
    )


def _added_row(
    council: Council,
    at: int,
    visit: str,
    stop: str,
    added: AddedStop | None,
    begin_s: float | None,
    state: str,
    notes: list[str],
) -> RoundRow:
    """A stop that the morning did not know: a revisit, a bulky item, a part of a split stop."""
    if added is None:
        return RoundRow(at + 1, "stop", visit, stop, "", "", 0, 0.0, {}, "", begin_s, state, None)
    found = [p for uprn in added.uprns if (p := council.gazetteer().by_uprn(uprn)) is not None]
    street, houses = "", ""
    if found:
        street = found[0].address.partition(" ")[2]
        houses = ", ".join(dict.fromkeys(one.address.partition(" ")[0] for one in found))
    elif added.origin is not None and added.origin in council.stop_number:
        number = council.stop_number[added.origin]
        street = council.streets.names[int(council.stops.street[number])]
    notes = [*notes, f"request {added.request}" if added.request else "added today"]
    line = np.atleast_2d(council.to_wgs84(np.array([added.easting_m, added.northing_m])))
    return RoundRow(
        at + 1,
        "stop",
        visit,
        stop,
        street,
        houses,
        len(added.uprns),
        added.service_s,
        dict(added.load),
        "; ".join(notes),
        begin_s,
        state,
        line,
    )


def house_numbers(numbers: Sequence[int]) -> str:
    """House numbers for people: "1-23 odd", "2-8 even", "1-9", or the few there are."""
    known = sorted(set(numbers))
    if not known:
        return ""
    if len(known) <= 2:
        return ", ".join(str(number) for number in known)
    odd = {number % 2 for number in known}
    word = "" if len(odd) == 2 else (" odd" if odd == {1} else " even")
    return f"{known[0]}-{known[-1]}{word}"
