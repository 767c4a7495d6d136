"""Posts in, signals out: read at the door, then appended to the log of the area that they concern.

Called by the API's feedback and cluster routes; one for the whole service. Smoke and fire go to the brigade
on the same ground, all else to the council. Reads on a thread of its own; keeps no word of a post, nor who
wrote it.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from geo.region_places import RegionPlaces
from optimiser.feedback.category import Category
from optimiser.feedback.classifier import FeedbackModel
from optimiser.feedback.cluster import Cluster
from services.area import Area
from services.area_clock import area_now
from services.council.council_area import CouncilArea
from services.event_check import MAX_AHEAD
from services.feedback.corrections import CorrectionsError, CorrectionsFile, RecentWords
from services.feedback.model_file import load_model
from services.feedback.places import PlaceFinder
from services.feedback.post import Ignored, Post
from services.feedback.reader import FeedbackReader
from services.hosted_area import HostedArea
from services.ingest import ERRORS_REPORTED, EventError, RefusedError
from services.picture import HORIZON
from services.service import Service
from streams import codec
from streams.council_events import FeedbackCategory, FeedbackSignal
from streams.errors import AppendUnsureError, LogClosedError, LogFullError, LogUnreachableError

logger = logging.getLogger(__name__)

SOURCE = "/dynamic-cover/feedback"
MOST_WAITING = 8
"""Requests read or waiting to be; each is a second or so of work at most."""
CORRECTIONS = "corrections.jsonl"
"""Labels that people made, in the data folder."""
NOT_FIRE = "not_fire"
"""Why a brigade without a council has no use for a post."""
PLACE = "data.easting_m"
"""The field an area names where a place is not on its ground."""


class FeedbackBusyError(Exception):
    """Too many requests are being read already."""


@dataclass(slots=True)
class _Part:
    """What of a request goes to one area: events and their categories, by the index of the post."""

    to: HostedArea
    events: dict[int, bytes]
    categories: dict[int, str]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the posts of a request.

    Attributes
    ----------
    accepted, repeated
        Signals that are new, and that came in before.
    ignored
        How many of the others, by reason.
    by_category
        Signals, by what they are about.
    areas
        Which logs they went to, and the offset of the newest record of the request there.
    """

    accepted: int
    repeated: int
    ignored: dict[str, int]
    by_category: dict[str, int]
    areas: dict[str, int]


class FeedbackDesk:
    """The feedback door of a service's areas; readers and their model are made when first asked for."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._recent = RecentWords()
        data = service.settings.data
        self._corrections = None if data is None else CorrectionsFile(data / CORRECTIONS)
        self._model: FeedbackModel | None = None
        self._readers: dict[str, FeedbackReader] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="feedback")
        self._waiting = 0

    async def take(self, area: HostedArea, posts: Sequence[Post]) -> Taken:
        """Read the posts of a request and append what they tell, all or none.

        Raises
        ------
        FeedbackBusyError
            Where many requests wait already.
        RefusedError
            Where a signal cannot be taken; its errors name posts by their index.
        LogFullError, LogUnreachableError
            Where nothing was taken.
        AppendUnsureError
            Where part of it may have been; sent again it counts once.
        """
        now = area_now(area.state.picture.as_of, area.state.last_event_ns)
        found = await self._read(area, posts, now)
        ignored: Counter[str] = Counter()
        signals: dict[int, FeedbackSignal] = {}
        for index, one in enumerate(found):
            if isinstance(one, Ignored):
                ignored[one.value] += 1
            elif not now - HORIZON < one.seen_at <= now + MAX_AHEAD:
                ignored[Ignored.BAD_TIME.value] += 1
            else:
                signals[index] = one
        parts = self._sorted(area, signals, ignored)
        by_category: Counter[str] = Counter()
        accepted = repeated = 0
        areas: dict[str, int] = {}
        for part in parts:
            with _unsure_after(bool(areas)):
                taken = await part.to.ingest.take(list(part.events.values()))
            by_category.update(part.categories.values())
            accepted, repeated = accepted + taken.accepted, repeated + taken.duplicates
            areas[part.to.id] = taken.last_offset
        return Taken(accepted, repeated, dict(ignored), dict(by_category), areas)

    def correct(self, cluster: Cluster, category: FeedbackCategory) -> None:
        """Learn that a cluster's reports were about something else: labels for the next training.

        Does nothing where the service keeps nothing on disk; a label that cannot be kept is logged, no more.
        """
        if self._corrections is None:
            return
        words = [found for report in cluster.heard if (found := self._recent.of(report.report)) is not None]
        if not words:
            return
        try:
            self._corrections.add(words, Category(category.value), datetime.now(UTC).date())
        except (CorrectionsError, OSError) as error:
            logger.warning("a correction was not kept for training: %s", error)

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _read(
        self, area: HostedArea, posts: Sequence[Post], now: datetime
    ) -> list[FeedbackSignal | Ignored]:
        if self._waiting >= MOST_WAITING:
            raise FeedbackBusyError(f"{self._waiting} requests are being read; send this again in a moment")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._thread, lambda: self._reader(area).read(posts, now)
            )
        finally:
            self._waiting -= 1

    def _reader(self, area: HostedArea) -> FeedbackReader:
        """On the thread: the first question of an area pays for its reader."""
        known = self._readers.get(area.id)
        if known is None:
            if self._model is None:
                self._model = load_model(self._service.settings.feedback_model)
            finder = self._finder(area)
            known = FeedbackReader(self._model, finder, self._service.pseudonyms, self._recent)
            self._readers[area.id] = known
        return known

    def _finder(self, area: HostedArea) -> PlaceFinder:
        if isinstance(area, CouncilArea):
            council = area.council
            gazetteer = council.gazetteer()
            brigade = self._brigade(area)
            more = () if brigade is None else (RegionPlaces(brigade.region),)
            return PlaceFinder((gazetteer, *more), gazetteer, council.boundary.bounds, council.crs)
        if not isinstance(area, Area):
            raise TypeError(f"area {area.id} is neither a brigade nor a council")
        region = area.region
        return PlaceFinder((RegionPlaces(region),), None, region.boundary.bounds, region.crs)

    def _brigade(self, area: HostedArea) -> Area | None:
        """The brigade that is told of fire on an area's ground, where this service serves it."""
        if isinstance(area, Area):
            return area
        if not isinstance(area, CouncilArea) or area.council.brigade is None:
            return None
        brigade = self._service.areas.get(area.council.brigade)
        # Places go from one log to the other as they are: in metres of the same grid.
        same_ground = isinstance(brigade, Area) and brigade.region.crs == area.council.crs
        return brigade if isinstance(brigade, Area) and same_ground else None

    def _destination(self, area: HostedArea, signal: FeedbackSignal) -> HostedArea | None:
        """Whose log a signal belongs in; None where nobody here has a use for it."""
        fire = signal.category is FeedbackCategory.SMOKE_OR_FIRE
        brigade = self._brigade(area) if fire else None
        if brigade is not None and brigade.region.contains([[signal.easting_m, signal.northing_m]])[0]:
            return brigade
        return area if isinstance(area, CouncilArea) else None

    def _sorted(
        self, area: HostedArea, signals: dict[int, FeedbackSignal], ignored: Counter[str]
    ) -> list[_Part]:
        """Signals by the log they go to, checked; raises `RefusedError` naming posts."""
        parts: dict[str, _Part] = {}
        for index, signal in signals.items():
            to = self._destination(area, signal)
            if to is None:
                fire = signal.category is FeedbackCategory.SMOKE_OR_FIRE
                ignored[Ignored.NO_PLACE.value if fire else NOT_FIRE] += 1
                continue
            event = codec.encode(signal, id=signal.signal, source=SOURCE, area=to.id, time=signal.seen_at)
            part = parts.setdefault(to.id, _Part(to, {}, {}))
            part.events[index], part.categories[index] = event, signal.category.value
        errors: list[EventError] = []
        for part in parts.values():
            at = list(part.events)
            for error in part.to.ingest.refusals(list(part.events.values())):
                if error.field == PLACE:
                    ignored[Ignored.NO_PLACE.value] += 1
                    del part.events[at[error.index]], part.categories[at[error.index]]
                else:
                    errors.append(replace(error, index=at[error.index]))
        if errors:
            raise RefusedError(sorted(errors, key=lambda one: one.index)[:ERRORS_REPORTED], len(errors))
        return [part for part in parts.values() if part.events]


@contextlib.contextmanager
def _unsure_after(begun: bool) -> Iterator[None]:
    """Where one log has taken its part already, a failure of the next leaves the whole in doubt."""
    try:
        yield
    except (LogFullError, LogUnreachableError, LogClosedError) as error:
        if begun and not isinstance(error, AppendUnsureError):
            raise AppendUnsureError(f"part of it was taken, then: {error}") from error
        raise
