"""When a crew is expected at a stop of its round, by the forecast of the round.

Given to the request desk. Computes no forecast itself.
"""

import math
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.council.day_figures import RoundForecast
from services.council.day_picture import DayPicture
from services.council.visits import stop_of

ForecastOf = Callable[[DayPicture, str], RoundForecast | None]
"""The forecast of a vehicle's round; None where there is none yet."""


class ExpectedTimes:
    """Expected times of one council's day."""

    def __init__(self, timezone: str, forecast_of: ForecastOf) -> None:
        self._zone = ZoneInfo(timezone)
        self._forecast_of = forecast_of

    def at(self, picture: DayPicture, vehicle: str, stop: str) -> datetime | None:
        """When the vehicle is expected at the stop; None where nobody can tell."""
        forecast = self._forecast_of(picture, vehicle)
        if forecast is None or picture.date is None:
            return None
        for visit, begin_s in zip(picture.rounds[vehicle], forecast.begin_s, strict=False):
            if stop_of(visit) == stop:
                if not math.isfinite(begin_s):
                    return None
                midnight = datetime.combine(picture.date, time(), self._zone)
                return (midnight + timedelta(seconds=begin_s)).astimezone(UTC)
        return None
