"""The board of a council's day: pictures in, views for consoles out, with what to expect of each round.

Kept by `services.council.day_state`, brought up to date by the worker or the follower. A view is quick and
made on the event loop; forecasts take milliseconds a round and are made beside it, on a thread of the board's
own, so that a view may tell of a visit that is over a moment before its round's times follow.
"""

import asyncio
import math
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import msgspec
from msgspec import structs

from geo.arrays import FloatArray
from geo.council import Council
from services.cluster_view import ClusterViewer
from services.council.change_views import ChangeViewer
from services.council.day_figures import CouncilDayFigures, DayCount, RoundForecast, RoundForecasts
from services.council.day_ground import DayGround
from services.council.day_picture import EPOCH, DayPicture
from services.council.day_problem import DayProblems
from services.council.day_view import (
    AddedView,
    ClosureView,
    DayView,
    DecisionView,
    FiguresView,
    PastView,
    TotalsView,
)
from services.council.round_views import RoundViewer
from services.council.visits import stop_of
from streams.rounds_plan import RoundsProposal

STALE_S = 15.0
"""Times of a round nothing has happened to are looked at anew this often: a crew may be late."""
DECISIONS_SHOWN = 50
UNSERVED_SHOWN = 2_000


class DayBoard:
    """The views of one council.

    Attributes
    ----------
    ground
        The council as the fold reads it.
    made
        Counts the rounds of forecasts made.
    """

    def __init__(self, council: Council) -> None:
        self.ground = DayGround(council)
        self._council = council
        self._problems = DayProblems(council)
        self._count = DayCount(self._problems)
        self._rounds = RoundViewer(council)
        self._changes = ChangeViewer(council)
        self._clusters = ClusterViewer(council.to_wgs84)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"board-{council.id}")
        self._forecasts: dict[str, RoundForecast] = {}
        self._made_of: dict[str, tuple[object, float]] = {}
        self._figures: FiguresView | None = None
        self._unserved: list[str] = []
        self._digest: tuple[DayPicture, str] | None = None
        self._past = [
            PastView(label, *(round(float(value), 3) for value in values))
            for label, *values in zip(council.past.labels, *_past_of(council), strict=True)
        ]
        self.made = 0

    def view(self, picture: DayPicture, offset: int, about: dict[str, RoundsProposal]) -> DayView:
        """The whole day; `offset` is that of the newest record in it, `about` the proposals by cause."""
        known = picture.as_of > EPOCH
        return DayView(
            offset=offset,
            as_of=picture.as_of if known else None,
            date=picture.date,
            version=picture.version,
            now_s=round(self._now_s(picture), 1) if known else 0.0,
            digest=None,
            rounds=[
                self._rounds.view(picture, vehicle, self._forecasts.get(vehicle))
                for vehicle in self._council.vehicles.ids
            ],
            unserved=self._unserved,
            added=[
                AddedView(s.stop, *self._rounds.lonlat(s.easting_m, s.northing_m), s.origin, s.request)
                for s in picture.added.values()
            ],
            locks=picture.locks,
            skipped=sorted(picture.skipped),
            changes=self._changes.views(picture, about),
            clusters=self._clusters.views(picture.clusters, picture.as_of),
            closures=[
                ClosureView(c.closure, c.streets, c.until)
                for c in picture.closures.values()
                if not c.open
            ],
            decisions=[
                DecisionView(
                    d.decision_id, d.action, d.cause, d.option, d.operator, d.at, d.undone, d.edit,
                    d.vehicles, d.undoes, d.before is not None, d.void,
                )
                for d in picture.decisions[-DECISIONS_SHOWN:]
            ],
            figures=self._figures,
        )  # fmt: skip

    def digest(self, picture: DayPicture) -> str:
        """The picture's digest, worked out once for each picture that is asked for."""
        if self._digest is None or self._digest[0] is not picture:
            self._digest = picture, picture.digest()
        return self._digest[1]

    def expected_at(self, picture: DayPicture, vehicle: str, stop: str) -> datetime | None:
        """When a vehicle is predicted at a stop of its round; None where it is not known.

        Of a vehicle that has reported no visit today it is the plan's time: nobody can tell whether it is
        late or only silent, and a prediction that moves with the clock would never be over.
        """
        state, forecast = picture.vehicles.get(vehicle), self._forecasts.get(vehicle)
        visits = picture.rounds.get(vehicle, ())
        if state is not None and not state.done and vehicle in self._rounds.planned:
            planned, morning = self._rounds.planned[vehicle], self.ground.morning[vehicle]
            if stop in map(stop_of, morning):
                forecast, visits = planned, morning
        if forecast is None or picture.date is None:
            return None
        for visit, begin_s in zip(visits, forecast.begin_s, strict=False):
            if stop_of(visit) == stop and math.isfinite(begin_s):
                return self.ground.begins(picture.date) + timedelta(seconds=begin_s)
        return None

    def forecast(self, vehicle: str) -> RoundForecast | None:
        """What is to be expected of a round, as last worked out."""
        return self._forecasts.get(vehicle)

    async def refresh(self, picture: DayPicture) -> bool:
        """Bring forecasts and figures up to a picture; whether any was made anew."""
        now = time.monotonic()
        closed = picture.closed_streets
        due = [
            vehicle
            for vehicle in picture.rounds
            if self._is_due(vehicle, _facts(picture, vehicle, closed), now)
        ]
        if not due and self._figures is not None:
            return False
        run = asyncio.get_running_loop().run_in_executor
        made, figures, unserved = await run(self._thread, self._work_out, picture, due)
        for vehicle, forecast in made.items():
            self._forecasts[vehicle] = forecast
            self._made_of[vehicle] = _facts(picture, vehicle, closed), now
        self._figures, self._unserved = figures, unserved
        self.made += 1
        return True

    def close(self) -> None:
        """End the thread once its work is done."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _is_due(self, vehicle: str, facts: object, now: float) -> bool:
        known = self._made_of.get(vehicle)
        return known is None or known[0] != facts or now - known[1] > STALE_S

    def _work_out(
        self, picture: DayPicture, due: list[str]
    ) -> tuple[dict[str, RoundForecast], FiguresView, list[str]]:
        """On the board's thread: forecasts of some rounds, and the figures of all."""
        if not self._rounds.planned:
            morning = self.ground.empty_day()
            self._rounds.planned = RoundForecasts(self._problems).of_day(morning)
        made = {vehicle: self._count.forecasts.of(picture, vehicle) for vehicle in due}
        every = {**self._forecasts, **made}
        figures = _totals(self._count.count(picture, every.values()))
        plan = _totals(self._count.plan())
        unserved = list(self._count.unserved(picture)[:UNSERVED_SHOWN])
        return made, FiguresView(**structs.asdict(figures), plan=plan, past=self._past), unserved

    def _now_s(self, picture: DayPicture) -> float:
        if picture.date is None:
            return 0.0
        return (picture.as_of - self.ground.begins(picture.date)).total_seconds()


def _facts(picture: DayPicture, vehicle: str, closed: frozenset[str]) -> object:
    """What a round's forecast depends on; where the vehicle is now is not asked for."""
    state = picture.vehicles[vehicle]
    return picture.rounds[vehicle], state.status, state.done, state.done_visits[-1:], state.load, closed


def _totals(figures: CouncilDayFigures) -> TotalsView:
    return msgspec.convert(figures, TotalsView, from_attributes=True)


def _past_of(council: Council) -> tuple[FloatArray, ...]:
    past = council.past
    return past.cost_per_collection, past.overtime_h, past.distance_km, past.missed_per_1000
