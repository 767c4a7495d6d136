"""Which collection a report of a missed one is about, as the council's day knows it.

Called by the request desk. Reads the picture and the predicted times; judges nothing.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from geo.council import Council
from services.council.day_picture import DayPicture, StopState
from services.council.demand.identity import Place
from services.council.demand.missed_rule import (
    REPORT_WITHIN_WORKING_DAYS,
    Collection,
    CrewRecord,
)
from services.council.demand.working_days import working_days_after
from services.council.visits import stop_of

ExpectedAt = Callable[[DayPicture, str, str], datetime | None]
"""When a vehicle is predicted at a stop of its round (picture, vehicle, stop); None where not known."""


class DueCollections:
    """Finds collections of one council's stops."""

    def __init__(self, council: Council, expected_at: ExpectedAt) -> None:
        self._council = council
        self._zone = ZoneInfo(council.timezone)
        self._expected_at = expected_at
        vehicles = council.vehicles
        self._shift_end_s = dict(zip(vehicles.ids, vehicles.shift_end_s.tolist(), strict=True))
        self._street_number = {id_: number for number, id_ in enumerate(council.streets.ids)}
        self._calls: tuple[object, dict[str, str]] | None = None

    def stop_at(self, place: Place) -> str | None:
        """The collection stop of a place: that of its property, else the nearest one of its street."""
        if place.stop is not None or place.street is None:
            return place.stop
        stops = self._council.stops
        on_street = np.flatnonzero(stops.street == self._street_number[place.street])
        if not len(on_street):
            return None
        away = np.hypot(*(stops.en[on_street] - (place.easting_m, place.northing_m)).T)
        return stops.ids[int(on_street[away.argmin()])]

    def meant(
        self,
        picture: DayPicture,
        stop: str | None,
        uprn: str | None,
        asked: date | None,
        reported_at: datetime,
    ) -> Collection:
        """The collection a report is about: of the day asked, else the newest one that can be meant."""
        today = picture.date or reported_at.astimezone(self._zone).date()
        earlier = None if stop is None else self._earlier(picture, stop, today)
        if asked is not None and asked != today:
            return earlier if earlier is not None and earlier.day == asked else Collection(asked)
        due = self._today(picture, stop, uprn, today)
        if asked is None and earlier is not None and due.record is None:
            over_at = due.over_at()
            last_day = working_days_after(earlier.day, REPORT_WITHIN_WORKING_DAYS)
            if over_at is not None and reported_at < over_at and today <= last_day:
                return earlier
        reported = reported_at.astimezone(self._zone).date()
        if asked is None and reported < today and due.record is None:
            return Collection(reported)  # told of a day that is over: not of today's
        return due

    def _earlier(self, picture: DayPicture, stop: str, today: date) -> Collection | None:
        for state in (picture.earlier.get(stop), picture.stops_done.get(stop)):
            if state is not None:
                day = state.at.astimezone(self._zone).date()
                if day < today:
                    return Collection(day, _record(state))
        return None

    def _today(self, picture: DayPicture, stop: str | None, uprn: str | None, today: date) -> Collection:
        vehicle = None if stop is None else self._calling(picture).get(stop)
        done = None if stop is None else _newest_word(picture, stop, uprn)
        shift_end_s = max(self._shift_end_s.values()) if vehicle is None else self._shift_end_s[vehicle]
        midnight = datetime.combine(today, time(), self._zone)
        shift_end = (midnight + timedelta(seconds=shift_end_s)).astimezone(UTC)
        if done is not None and done.at.astimezone(self._zone).date() == today:
            return Collection(today, _record(done), shift_end=shift_end)
        expected = None
        if vehicle is not None and stop is not None:
            expected = self._expected_at(picture, vehicle, stop)
        return Collection(today, None, expected, shift_end)

    def _calling(self, picture: DayPicture) -> dict[str, str]:
        """Which vehicle calls at each stop of today's rounds; made once for each state of the rounds."""
        if self._calls is None or self._calls[0] is not picture.rounds:
            calls = {
                stop: vehicle
                for vehicle, visits in picture.rounds.items()
                for visit in visits
                if (stop := stop_of(visit)) is not None
            }
            self._calls = picture.rounds, calls
        return self._calls[1]


def _newest_word(picture: DayPicture, stop: str, uprn: str | None) -> StopState | None:
    """What a crew last did at a stop for a property: on its round, or coming back for it."""
    words = [picture.stops_done.get(stop)]
    words += [
        picture.stops_done.get(added.stop)
        for added in picture.added.values()
        if added.origin == stop and (not added.uprns or uprn in added.uprns)
    ]
    return max((word for word in words if word is not None), key=lambda word: word.at, default=None)


def _record(state: StopState) -> CrewRecord:
    return CrewRecord(state.at, state.outcome, state.uprns)
