"""The rounds of a council as consoles read them, made anew only where something of one has changed.

Used by `services.council.day_board`. Knows the council's places; never decides and never forecasts.
"""

import math

import numpy as np

from geo.council import Council
from services.council.day_figures import RoundForecast
from services.council.day_picture import DayPicture, VehicleState
from services.council.day_view import LonLat, RoundView
from services.council.visits import stop_of, tip_of
from streams.rounds_plan import AddedStop

COORDINATE_DIGITS = 6
"""Decimals of a degree: about 0.1 m."""
_Made = tuple[tuple[str, ...], VehicleState, RoundForecast | None, RoundView]


class RoundViewer:
    """The views of one council's rounds.

    Attributes
    ----------
    planned
        The forecasts of the morning's plan, by vehicle, once they are known.
    """

    def __init__(self, council: Council) -> None:
        self._council = council
        vehicles = council.vehicles
        self._letter = dict(zip(vehicles.ids, vehicles.letters, strict=True))
        self._shift_end_s = dict(zip(vehicles.ids, vehicles.shift_end_s.tolist(), strict=True))
        self._capacity = {
            vehicle: dict(zip(council.materials, row, strict=True))
            for vehicle, row in zip(vehicles.ids, vehicles.capacity.tolist(), strict=True)
        }
        self._households: dict[str, int] = dict(
            zip(council.stops.ids, council.stops.households.tolist(), strict=True)
        )
        self._morning = {
            vehicle: [(at, stop) for at, visit in enumerate(visits) if (stop := stop_of(visit)) is not None]
            for vehicle, visits in zip(vehicles.ids, council.rounds, strict=True)
        }
        self._made: dict[str, _Made] = {}
        self.planned: dict[str, RoundForecast] = {}

    def lonlat(self, easting_m: float, northing_m: float) -> LonLat:
        """Longitude and latitude of a place, rounded."""
        lon, lat = self._council.to_wgs84(np.array([easting_m, northing_m])).tolist()
        return round(lon, COORDINATE_DIGITS), round(lat, COORDINATE_DIGITS)

    def view(self, picture: DayPicture, vehicle: str, forecast: RoundForecast | None) -> RoundView:
        """One round; `forecast` may be a moment older than the picture."""
        visits, state = picture.rounds[vehicle], picture.vehicles[vehicle]
        known = self._made.get(vehicle)
        if known is not None and known[0] is visits and known[1] is state and known[2] is forecast:
            return known[3]
        view = self._view(visits, state, forecast, picture.added)
        self._made[vehicle] = visits, state, forecast, view
        return view

    def _view(
        self,
        visits: tuple[str, ...],
        state: VehicleState,
        forecast: RoundForecast | None,
        added: dict[str, AddedStop],
    ) -> RoundView:
        stops = [stop_of(visit) for visit in visits]
        households = [0 if stop is None else self._served(stop, added) for stop in stops]
        done = state.done
        tips = (place for place, visit in enumerate(visits) if place >= done and tip_of(visit) is not None)
        lonlat = None
        if state.easting_m is not None and state.northing_m is not None:
            lonlat = self.lonlat(state.easting_m, state.northing_m)
        begin_s = [_seconds(s) for s in (() if forecast is None else forecast.begin_s[: len(visits)])]
        known = forecast is not None and forecast.status is state.status
        if not known:  # it was broken down, or is: when it will be where, is not worked out yet
            begin_s = begin_s[:done]
        return RoundView(
            vehicle=state.id,
            letter=self._letter[state.id],
            status=state.status.value,
            done=done,
            visits=visits,
            begin_s=begin_s + [None] * (len(visits) - len(begin_s)),
            finish_s=_seconds(forecast.finish_s) if forecast is not None and known else None,
            shift_end_s=self._shift_end_s[state.id],
            overtime_s=round(forecast.overtime_s) if forecast is not None and known else 0.0,
            load=state.load if forecast is None else forecast.load,
            capacity=self._capacity[state.id],
            next_tip=next(tips, None),
            dist_m=0.0 if forecast is None else round(forecast.dist_m),
            drive_s=0.0 if forecast is None else round(forecast.drive_s),
            stops=sum(stop is not None for stop in stops),
            stops_done=sum(stop is not None for stop in stops[:done]),
            collections=sum(households),
            collections_done=sum(households[:done]),
            lonlat=lonlat,
            delay_s=0.0 if forecast is None else self._delay_s(visits[:done], state.id, forecast),
        )

    def _served(self, stop: str, added: dict[str, AddedStop]) -> int:
        known = self._households.get(stop)
        if known is not None:
            return known
        return max(1, len(added[stop].uprns)) if stop in added else 0

    def _delay_s(self, done: tuple[str, ...], vehicle: str, forecast: RoundForecast) -> float:
        """How much later than planned it got as far as it is; see `RoundView`.

        Stops are counted, not named: where their order was changed since, a name says nothing of how late a
        crew is. A tip or a break, which may come twice, is not counted.
        """
        planned, morning = self.planned.get(vehicle), self._morning[vehicle]
        mine = {stop for _, stop in morning}
        begun = [at for at, visit in enumerate(done[: len(forecast.begin_s)]) if stop_of(visit) in mine]
        if planned is None or not begun:
            return 0.0
        late_s = forecast.begin_s[begun[-1]] - planned.begin_s[morning[len(begun) - 1][0]]
        return round(late_s) if math.isfinite(late_s) else 0.0


def _seconds(value: float) -> float | None:
    return round(value) if math.isfinite(value) else None
