"""A report of something that needs service, once read: nothing in it says who reports, or in what words.

Made by the Open311 routes and the batch reader, judged by the request desk, which keeps the given place no
longer than it takes to look it up.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from services.council.demand.identity import Place, PlaceGiven
from services.council.demand.service_list import ServiceEntry
from streams.council_events import ReportChannel

REPORTERS = "requests"
"""Channel of the pseudonyms of who reports: one for all doors, so that who uses two is one person."""


@dataclass(frozen=True, slots=True)
class Report:
    """One report.

    Attributes
    ----------
    reported_at
        When it was told; None: now.
    collection_date
        Of a missed collection: the local day it was due; None: the newest one.
    reporter
        Pseudonym; None where nobody is named.
    event_id
        Name of the report, where its sender named it: told again under that name it counts once.
    """

    service: ServiceEntry
    place: PlaceGiven
    channel: ReportChannel
    reported_at: datetime | None = None
    collection_date: date | None = None
    material: str | None = None
    fill: float | None = None
    reporter: str | None = None
    event_id: str | None = None


class ReportOutcome(StrEnum):
    """What a report led to."""

    NEW = "new"
    """A request of its own."""
    MERGED = "merged"
    """It is about what an earlier request asks for already."""
    REFUSED = "refused"
    """A request that was closed at once, with its reason."""
    REPEATED = "repeated"
    """The same report came in before, under the same name."""
    NOT_FULL = "not_full"
    """A sensor's reading of a bin that need not be emptied: no request."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender of a report is told.

    Attributes
    ----------
    request
        The `service_request_id`; None where there is no request.
    counted
        Whether it was appended to the log; of many alike some are not.
    """

    outcome: ReportOutcome
    place: Place
    request: str | None = None
    reason: str | None = None
    counted: bool = True


@dataclass(frozen=True, slots=True)
class ReportError:
    """What is wrong with one report: its number among those given, from 0."""

    index: int
    field: str
    reason: str


class ReportsRefusedError(Exception):
    """Reports that cannot be taken; none of them was.

    Attributes
    ----------
    errors
        What is wrong with each.
    """

    def __init__(self, errors: list[ReportError]) -> None:
        super().__init__(f"{len(errors)} report(s) cannot be taken")
        self.errors = errors
