"""The request desk over a real fold: one record for one thing, refusals with reasons, everything bounded."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.council.day_draft import DayDraft
from services.council.day_ground import DayGround
from services.council.day_picture import DayPicture
from services.council.demand.identity import PlaceGiven
from services.council.demand.known_requests import REPORTS_COUNTED, REPORTS_EACH
from services.council.demand.report import Receipt, Report, ReportOutcome, ReportsRefusedError
from services.council.demand.request_desk import RequestDesk
from services.council.demand.service_list import SERVICES
from services.ingest import Accepted
from services.recent_ids import event_key
from streams import codec
from streams.council_events import (
    ReportChannel,
    RequestClosed,
    RequestOutcome,
    ServiceCode,
    ServiceRequested,
    StopDone,
    StopOutcome,
)
from streams.events import Event, EventData
from streams.rounds_plan import AddedStop, RoundData, RoundsAction, RoundsDecided
from tests.geo.councils import grid_council, homes_at

COUNCIL = grid_council()
EIGHT = datetime(2025, 6, 6, 7, tzinfo=UTC)  # a Friday, eight o'clock in Gridham
DONE = COUNCIL.rounds[0][0]
DUE = COUNCIL.rounds[0][8]
ELSEWHERE = COUNCIL.rounds[1][0]
MISSED, OVERFLOWING = ServiceCode.MISSED_COLLECTION, ServiceCode.OVERFLOWING_BIN


class Log:
    """A log with a fold behind it, and a desk before it."""

    def __init__(self) -> None:
        ground = DayGround(COUNCIL)
        self.draft = DayDraft(ground, ground.empty_day())
        self.events: list[Event] = []
        self.recent: set[int] = set()
        self.last_event_ns: int | None = None
        self.fails = False
        self.desk = self.new_desk()
        self.put(StopDone("RCV01", DONE), EIGHT)

    def new_desk(self) -> RequestDesk:
        return RequestDesk(COUNCIL, self, self, lambda picture, vehicle, stop: EIGHT + timedelta(hours=2))

    @property
    def picture(self) -> DayPicture:
        return self.draft.picture()

    @property
    def offset(self) -> int:
        return len(self.events) - 1

    async def take(self, payloads: list[bytes]) -> Accepted:
        if self.fails:
            raise ConnectionError
        for wire in payloads:
            event = codec.decode(wire)
            self.recent.add(event_key(event.source, event.id))
            self.events.append(event)
            self.draft.take(event)
        return Accepted(len(payloads), 0, self.offset)

    def put(self, data: EventData, time: datetime) -> None:
        wire = codec.encode(data, id=f"e{len(self.events)}", source="/test", area=COUNCIL.id, time=time)
        asyncio.run(self.take([wire]))

    def told(self, *reports: Report, check_only: bool = False) -> list[Receipt]:
        return asyncio.run(self.desk.take(reports, check_only)).receipts


def home(stop: str, number: int = 0) -> str:
    """UPRN of a property of a stop."""
    return homes_at(COUNCIL, stop)[number].uprn


def report(service: ServiceCode = MISSED, uprn: str | None = None, **fields: Any) -> Report:
    place = fields.pop("place", None) or PlaceGiven(uprn=uprn or home(DONE))
    return Report(SERVICES[service], place, fields.pop("channel", ReportChannel.OPEN311), **fields)


def test_a_missed_collection_becomes_a_request_of_its_property() -> None:
    log = Log()
    (receipt,) = log.told(report(reporter="0123456789abcdef"))
    assert receipt.outcome is ReportOutcome.NEW
    assert receipt.request is not None
    state = log.picture.requests[receipt.request]
    assert (state.uprn, state.stop, state.status, state.reports) == (home(DONE), DONE, "open", 1)
    assert state.reporters == ("0123456789abcdef",)
    assert receipt.request.startswith("MC-250606-")


def test_the_same_report_twice_is_one_request_with_two_reports() -> None:
    log = Log()
    first, second = log.told(report(reporter="0" * 16), report(reporter="1" * 16))
    (third,) = log.told(report(reporter="2" * 16))
    assert [r.outcome for r in (first, second, third)] == ["new", "merged", "merged"]
    assert first.request == second.request == third.request
    (state,) = log.picture.requests.values()
    assert state.request == first.request
    assert state.reports == 3
    assert len(state.reporters) == 3


@pytest.mark.parametrize(
    ("first", "second", "merged"),
    [
        (report(), report(), True),
        (report(), report(uprn=home(DONE, 1)), False),
        (report(), report(OVERFLOWING), False),
        (report(place=PlaceGiven(address=homes_at(COUNCIL, DONE)[0].address)), report(), True),
        (report(ServiceCode.BULKY_ITEM), report(ServiceCode.BULKY_ITEM, uprn=home(DONE, 1)), False),
        (report(ServiceCode.FLY_TIP), report(ServiceCode.FLY_TIP, uprn=home(DONE, 1)), True),
        (report(ServiceCode.BLOCKED_STREET), report(ServiceCode.BLOCKED_STREET, uprn=home(ELSEWHERE)), False),
    ],
)
def test_what_is_the_same_thing(first: Report, second: Report, merged: bool) -> None:
    log = Log()
    receipts = [*log.told(first), *log.told(second)]
    assert len(log.picture.requests) == len({r.request for r in receipts}) == (1 if merged else 2)
    assert sum(state.reports for state in log.picture.requests.values()) == 2
    again = Log()  # and in one call
    assert len({r.request for r in again.told(first, second)}) == (1 if merged else 2)
    assert len(again.picture.requests) == (1 if merged else 2)


def test_a_thousand_identical_reports_make_one_request_and_stay_bounded() -> None:
    log = Log()
    before = len(log.events)
    receipts = [r for _ in range(100) for r in log.told(*[report()] * 10)]
    assert len({r.request for r in receipts}) == 1
    assert len(log.events) - before == REPORTS_EACH
    many = [report(reporter=f"{number:016x}") for number in range(1000)]
    receipts = [r for at in range(0, 1000, 50) for r in log.told(*many[at : at + 50])]
    assert len({r.request for r in receipts}) == 1
    assert len(log.events) - before == REPORTS_COUNTED
    (state,) = log.picture.requests.values()
    assert state.reports == REPORTS_COUNTED


def test_after_a_restart_the_bound_of_a_request_holds() -> None:
    log = Log()
    log.told(*(report(reporter=f"{number:016x}") for number in range(REPORTS_COUNTED + 10)))
    before = len(log.events)
    log.desk = log.new_desk()
    (receipt,) = log.told(report(reporter="f" * 16))
    assert receipt.outcome is ReportOutcome.MERGED
    assert len(log.events) == before


def test_a_report_before_the_round_is_closed_with_its_reason_and_may_come_again() -> None:
    log = Log()
    early, again = log.told(report(uprn=home(DUE)), report(uprn=home(DUE)))
    assert (early.outcome, early.reason) == (ReportOutcome.REFUSED, "too_early")
    assert (again.request, again.counted) == (early.request, False)
    assert early.request is not None
    state = log.picture.requests[early.request]
    assert (state.status, state.reason, state.reports) == ("refused", "too_early", 1)
    assert not log.picture.open_causes
    assert log.picture.changes[f"request:{early.request}"].status == "expired"
    assert not log.picture.clusters
    log.put(StopDone("RCV01", DUE), EIGHT + timedelta(hours=1))
    (counts,) = log.told(report(uprn=home(DUE)))
    assert counts.outcome is ReportOutcome.NEW
    assert counts.request == f"{early.request}-2"
    assert len(log.picture.open_causes) == 1


def test_a_reason_of_the_crew_closes_the_reports_it_concerns() -> None:
    log = Log()
    log.put(
        StopDone("RCV01", DUE, StopOutcome.CONTAMINATED, uprns=[home(DUE, 1)]), EIGHT + timedelta(minutes=5)
    )
    receipts = log.told(report(uprn=home(DUE, 0)), report(uprn=home(DUE, 1)))
    assert [r.reason for r in receipts] == [None, "crew_reason_contaminated"]


def test_what_the_crew_found_when_it_came_back_counts() -> None:
    log = Log()
    log.told(report(), report(uprn=home(DONE, 1)))
    back = AddedStop("R-1", 0.0, 0.0, 0, 1, 60.0, {}, 1.0, DONE, uprns=[home(DONE)])
    visits = [*COUNCIL.rounds[0][:1], "R-1", *COUNCIL.rounds[0][1:]]
    plan = RoundsDecided(RoundsAction.ADJUST, "m", 0, rounds=[RoundData("RCV01", visits)], stops=[back])
    log.put(plan, EIGHT + timedelta(minutes=1))
    log.put(StopDone("RCV01", "R-1", StopOutcome.NOT_OUT), EIGHT + timedelta(minutes=5))
    for request in [*log.picture.requests]:
        log.put(RequestClosed(request, RequestOutcome.DONE), EIGHT + timedelta(minutes=6))
    again, other = log.told(report(), report(uprn=home(DONE, 1)))
    assert (again.reason, other.reason) == ("crew_reason_not_out", None)


def test_a_low_reading_on_the_log_itself_is_no_request() -> None:
    log = Log()
    for fill, requests in ((0.5, 0), (0.85, 1)):
        east, north = COUNCIL.stops.en[0].tolist()
        reading = ServiceRequested(
            f"bin-{fill}", OVERFLOWING, ReportChannel.SENSOR, east, north, EIGHT, fill=fill
        )
        log.put(reading, EIGHT)
        assert len(log.picture.requests) == requests


def test_over_the_weekend_friday_counts_until_tuesday() -> None:
    log = Log()
    outcomes = []
    for number, day in enumerate(
        (7, 9, 10, 11)
    ):  # the area's clock goes on: Saturday, Monday, Tuesday, Wednesday
        log.put(StopDone("RCV03", "break"), datetime(2025, 6, day, 5, tzinfo=UTC))
        (receipt,) = log.told(report(uprn=home(DONE, number), collection_date=date(2025, 6, 6)))
        outcomes.append(receipt.reason)
    assert outcomes == [None, None, None, "too_late"]


def test_a_sensor_asks_from_four_fifths_on() -> None:
    log = Log()
    low, full = log.told(
        *(report(OVERFLOWING, fill=fill, channel=ReportChannel.SENSOR) for fill in (0.79, 0.8))
    )
    assert (low.outcome, low.request) == (ReportOutcome.NOT_FULL, None)
    assert full.request is not None
    assert log.picture.requests[full.request].fill == 0.8
    log.told(report(OVERFLOWING, fill=0.95, channel=ReportChannel.SENSOR))
    assert log.picture.requests[full.request].fill == 0.95


def test_a_named_report_counts_once_also_after_a_restart() -> None:
    log = Log()
    one = report(event_id="batch-1")
    first, twice = log.told(one, one)
    (later,) = log.told(one)
    log.desk = log.new_desk()
    (restarted,) = log.told(one)
    assert [r.outcome for r in (first, twice, later, restarted)] == [
        "new",
        "repeated",
        "repeated",
        "repeated",
    ]
    assert {r.request for r in (first, twice, later, restarted)} == {first.request}
    assert [state.reports for state in log.picture.requests.values()] == [1]


def test_all_are_taken_or_none() -> None:
    log = Log()
    before = len(log.events)
    bad = report(place=PlaceGiven(uprn="999"))
    old = report(reported_at=EIGHT - timedelta(days=40))
    wrong = report(material="gold")
    with pytest.raises(ReportsRefusedError) as refused:
        log.told(report(), bad, old, wrong)
    assert [(e.index, e.field) for e in refused.value.errors] == [(1, "uprn"), (2, "at"), (3, "material")]
    assert len(log.events) == before
    assert not log.picture.requests
    (receipt,) = log.told(report())
    assert receipt.outcome is ReportOutcome.NEW


def test_what_could_not_be_appended_is_not_merged_into() -> None:
    log = Log()
    log.fails = True
    with pytest.raises(ConnectionError):
        log.told(report(event_id="a"))
    log.fails = False
    (receipt,) = log.told(report(event_id="a"))
    assert receipt.outcome is ReportOutcome.NEW
    assert receipt.request in log.picture.requests


def test_a_check_says_the_same_and_leaves_no_trace() -> None:
    log = Log()
    before = len(log.events)
    reports = [report(), report(), report(uprn=home(DUE))]
    for _ in range(3):
        checked = log.told(*reports, check_only=True)
        assert [r.outcome for r in checked] == ["new", "merged", "refused"]
    assert len(log.events) == before
    assert log.told(*reports) == checked


def test_a_conflict_is_told_and_kept() -> None:
    log = Log()
    known = COUNCIL.gazetteer().by_uprn(home(DONE))
    assert known is not None
    far = PlaceGiven(uprn=known.uprn, easting_m=known.easting_m + 100, northing_m=known.northing_m)
    (receipt,) = log.told(report(place=far))
    assert receipt.place.conflict == "uprn_far"
    assert receipt.request is not None
    state = log.picture.requests[receipt.request]
    assert (state.conflict, state.easting_m) == ("uprn_far", round(known.easting_m, 1))


def test_two_desks_give_the_same_thing_the_same_name() -> None:
    one, other = Log(), Log()
    assert one.told(report())[0].request == other.told(report())[0].request


def test_a_report_in_the_evening_is_not_put_back_to_when_the_crews_went_home() -> None:
    log = Log()
    long_ago = datetime.now(UTC) - timedelta(hours=9)
    log.put(StopDone("RCV01", ELSEWHERE), long_ago)
    log.last_event_ns = int(long_ago.timestamp() * 1e9)
    assert abs(log.desk.now() - datetime.now(UTC)) < timedelta(seconds=10)
    (receipt,) = log.told(report(ServiceCode.BULKY_ITEM))
    assert receipt.request is not None
    assert log.picture.requests[receipt.request].at - long_ago > timedelta(hours=8)
