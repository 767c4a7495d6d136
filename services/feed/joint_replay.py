"""A replay of several areas at once, on one simulated clock, against one service.

Run by `cover replay` where more than one region is named. Each area is a replay of its own; never mixes
their events or their figures, and ends all where one cannot go on.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack

from geo.region import Region
from services.feed.api_client import ApiClient
from services.feed.errors import FeedError
from services.feed.failure import feed_failure
from services.feed.joint_report import JointReport
from services.feed.joint_schedule import JointSchedule
from services.feed.replay import Replay, ReplayOptions
from services.feed.replay_report import ReplayReport
from services.feed.shared_start import SharedStart


class JointReplay:
    """One replay for each area, all at the same time.

    At a speed all areas follow one clock that starts when the last of them is connected. Flat out there is
    no clock: each area goes as fast as the service takes it (or, in lock-step, plans for it), as areas do
    not meet in simulated time.

    Parameters
    ----------
    url
        Where the service is that serves all the areas.
    regions
        The areas; each has its schedule, and its options under its id.
    schedule
        The calls.
    options
        How, by area id: alike but for the run's id.
    say
        Takes a line of progress now and then.
    """

    def __init__(
        self,
        url: str,
        regions: Sequence[Region],
        schedule: JointSchedule,
        options: Mapping[str, ReplayOptions],
        say: Callable[[str], None],
    ) -> None:
        """Connect nothing yet."""
        self._url = url
        self._regions = regions
        self._schedule = schedule
        self._options = options
        self._say = say

    async def run(self) -> JointReport:
        """Replay everything and return what was found.

        Raises
        ------
        ExceptionGroup
            Of a `FeedError` that names the area, when the service refuses something or is gone for good;
            the other areas' replays are cancelled.
        """
        start = SharedStart(len(self._regions))
        began = time.monotonic()
        async with AsyncExitStack() as clients, asyncio.TaskGroup() as group:
            tasks = {}
            for region in self._regions:
                client = await clients.enter_async_context(ApiClient(self._url, region.id))
                tasks[region.id] = group.create_task(self._area(region, client, start))
        reports = {area: task.result() for area, task in tasks.items()}
        return JointReport(reports, self._schedule.days, self._schedule.skipped, time.monotonic() - began)

    async def _area(self, region: Region, client: ApiClient, start: SharedStart) -> ReplayReport:
        """Replay one area; what ends it is told with the area's name."""
        replay = Replay(
            region,
            client,
            self._schedule.areas[region.id],
            self._options[region.id],
            lambda line: self._say(f"{region.id}: {line}"),
            start,
        )
        try:
            return await replay.run()
        except Exception as error:
            failure = feed_failure(error)
            if failure is None:
                raise
            raise FeedError(f"area {region.id}: {failure}") from error
