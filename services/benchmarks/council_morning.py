"""A council's day some hours in, for benchmarks: its rounds going as planned, a little early or late.

Used by `rounds_bench` and by tests. Everything comes from the council and a seed; nothing is simulated but
that crews are at the visit they would be at.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from msgspec.structs import replace

from geo.council import Council
from services.council.day_figures import RoundForecasts
from services.council.day_picture import (
    EPOCH,
    DayPicture,
    DoneVisit,
    RequestState,
    StopState,
    VehicleState,
)
from services.council.day_problem import DayProblems
from services.council.visits import stop_of
from streams.council_events import ReportChannel, ServiceCode, StopOutcome

DAY = date(2025, 6, 6)
LATE_S = 300.0
"""Standard deviation of how early or late crews are."""
HEAD_START_S = 60.0
"""Nobody is later than so that the visit before is over."""
SERVICES = (
    ServiceCode.MISSED_COLLECTION,
    ServiceCode.ASSISTED_COLLECTION,
    ServiceCode.OVERFLOWING_BIN,
    ServiceCode.BULKY_ITEM,
    ServiceCode.FLY_TIP,
)


def morning(council: Council) -> DayPicture:
    """The day before anything has happened."""
    rounds = dict(zip(council.vehicles.ids, council.rounds, strict=True))
    vehicles = {vehicle: VehicleState(vehicle) for vehicle in rounds}
    return DayPicture(area=council.id, as_of=EPOCH, rounds=rounds, vehicles=vehicles)


def at_time(council: Council, now_s: float, seed: int = 1) -> DayPicture:
    """The day at a time, seconds of the local day.

    Parameters
    ----------
    council
        Its morning's rounds are in force.
    now_s
        The time.
    seed
        Of how early or late crews are.
    """
    rng = np.random.default_rng(seed)
    start = morning(council)
    forecasts = RoundForecasts(DayProblems(council))
    vehicles, stops_done = {}, {}
    for vehicle, visits in start.rounds.items():
        begin_s = forecasts.of(start, vehicle).begin_s
        late_s = float(rng.normal(0.0, LATE_S))
        over: list[DoneVisit] = []
        for n, word in enumerate(visits[:-1]):
            end_s = begin_s[n + 1] - HEAD_START_S + late_s
            if end_s > now_s:
                break
            at = moment(council, max(end_s, begin_s[n]))
            at = max(at, over[-1].key[0] + timedelta(seconds=1)) if over else at
            over.append(DoneVisit((at, n, f"{vehicle}-{n}"), word))
        vehicles[vehicle] = VehicleState(vehicle, done_visits=tuple(over))
        for done in over:
            stop = stop_of(done.visit)
            if stop is not None:
                stops_done[stop] = StopState(StopOutcome.COLLECTED, done.key[0], vehicle, (), done.key)
    return replace(start, as_of=moment(council, now_s), date=DAY, vehicles=vehicles, stops_done=stops_done)


def moment(council: Council, at_s: float) -> datetime:
    """A time of the local day as a moment."""
    midnight = datetime.combine(DAY, time(), ZoneInfo(council.timezone)).astimezone(UTC)
    return midnight + timedelta(seconds=at_s)


def one_more_done(council: Council, picture: DayPicture, vehicle: str) -> DayPicture:
    """The day with one more visit of a vehicle over, by now; the same day where it has none left."""
    state, visits = picture.vehicles[vehicle], picture.rounds[vehicle]
    if state.done >= len(visits):
        return picture
    word, key = visits[state.done], (picture.as_of, state.done, f"{vehicle}-{state.done}")
    vehicles = {
        **picture.vehicles,
        vehicle: replace(state, done_visits=(*state.done_visits, DoneVisit(key, word))),
    }
    stop = stop_of(word)
    stops_done = picture.stops_done
    if stop is not None:
        stops_done = {**stops_done, stop: StopState(StopOutcome.COLLECTED, key[0], vehicle, (), key)}
    return replace(picture, vehicles=vehicles, stops_done=stops_done)


def request_at(council: Council, picture: DayPicture, number: int, rng: np.random.Generator) -> RequestState:
    """A request of any service at a property drawn."""
    n = int(rng.integers(len(council.properties.uprn)))
    easting_m, northing_m = council.properties.en[n].tolist()
    return RequestState(
        request=f"SR-{number}",
        service=SERVICES[int(rng.integers(len(SERVICES)))],
        channel=ReportChannel.OPEN311,
        easting_m=easting_m,
        northing_m=northing_m,
        at=picture.as_of,
        key=(picture.as_of, number, f"SR-{number}"),
        uprn=str(council.properties.uprn[n]),
        street=council.streets.ids[int(council.properties.street[n])],
        stop=council.stops.ids[int(council.properties.stop[n])],
    )
