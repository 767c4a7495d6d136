"""A worker process: serves the areas that the group of workers gives it, any number of them.

Built by `cover worker`. All workers know all regions, since any area may come to them; Kafka decides who
serves which. A worker that is not sure of an area writes nothing for it.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence

from geo.council import Council
from geo.region import Region
from services.area import cover_model
from services.backing import Backing, kafka_settings, open_backing
from services.council.round_solver import RoundSolver
from services.cover_solver import CoverSolver
from services.log_worker import Lease
from services.metrics import Metrics
from services.served_area import Served, ServedArea, ServedCouncil
from services.service import ids_of
from services.settings import Settings
from streams.errors import LogUnreachableError, StoreUnreachableError
from streams.kafka_group import AreaGroup

logger = logging.getLogger(__name__)

POLL_S = 0.2
AGAIN_S = 1.0
"""Pause before Kafka is asked again while it does not answer."""


class WorkerProcess:
    """A member of the group of workers.

    Parameters
    ----------
    name
        Stays over restarts; no other worker has it.

    Attributes
    ----------
    metrics
        What it measures.
    """

    def __init__(
        self,
        settings: Settings,
        regions: Sequence[Region],
        name: str,
        backing: Backing | None = None,
        councils: Sequence[Council] = (),
    ) -> None:
        self._areas = ids_of(regions, councils)
        self.metrics = Metrics()
        self.name = name
        self._settings = settings
        self._kafka = kafka_settings(settings)
        self._backing = backing or open_backing(settings)
        self._regions = {region.id: region for region in regions}
        # Kept over all takings: an engine takes long to build, and an area may come back.
        self._solvers = {region.id: CoverSolver(region, cover_model(region, settings)) for region in regions}
        self._councils = {council.id: council for council in councils}
        self._round_solvers = {council.id: RoundSolver(council) for council in councils}
        self._served: dict[str, Served] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._group: AreaGroup | None = None
        self._word = "starting"
        self._task: asyncio.Task[None] | None = None

    def readiness(self) -> tuple[bool, dict[str, object]]:
        """Whether it has its place in the group and serves what it was given; each area in a word."""
        areas = {area: served.word for area, served in sorted(self._served.items())}
        group = self._group
        member = group is not None and group.holds()
        ready = member and all(word == "ok" for word in areas.values())
        told: dict[str, object] = {
            "status": "ok" if ready else "not ready",
            "worker": self.name,
            "group": "member" if member else self._word,
            "generation": 0 if group is None else group.generation,
            "areas": areas,
        }
        return ready, told

    @property
    def member(self) -> bool:
        """Whether it has its place in the group."""
        return self._group is not None and self._group.holds()

    async def until_failed(self) -> str:
        """Wait until it can go on no longer, for ever where all is well; gives the reason."""
        while True:
            if self._group is not None and self._group.replaced:
                return f"another worker named {self.name} has joined; give each a name of its own (--name)"
            task = self._task
            if task is not None and task.done() and not task.cancelled() and task.exception() is not None:
                logger.error("worker %s could not start", self.name, exc_info=task.exception())
                return f"worker {self.name} could not start: {task.exception()}"
            await asyncio.sleep(POLL_S)

    async def start(self) -> None:
        """Begin; `member` tells when it has its place."""
        self._task = asyncio.create_task(self._begin())

    async def stop(self) -> None:
        """Give up all areas, which go to the others at once, and close the connections."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._group is not None:
            await self._group.close(leave=True)
        await self._give_up(frozenset(self._served), 0)  # where the group could not say so any more
        for solver in self._solvers.values():
            solver.close()
        for round_solver in self._round_solvers.values():
            round_solver.close()
        with contextlib.suppress(StoreUnreachableError):
            await self._backing.feed.close()
        await self._backing.log.close()

    async def _begin(self) -> None:
        for solver in self._solvers.values():
            await solver.warm_up()
        for round_solver in self._round_solvers.values():
            await round_solver.warm_up()
        while True:
            try:
                for area in self._areas:
                    await self._backing.log.refresh(area)  # makes its topics
                break
            except LogUnreachableError as error:
                self._word = "log_unreachable"
                logger.warning("worker %s: waiting for Kafka: %s", self.name, error)
                await asyncio.sleep(AGAIN_S)
        self._word = "joining"
        self._group = AreaGroup(self._kafka, self.name, self._areas, self._take, self._give_up, self._lose)

    async def _take(self, areas: frozenset[str], generation: int) -> None:
        for area in sorted(areas):
            old = self._served.pop(area, None)
            if old is not None:  # given up, but it did not end in time: it writes nothing any more
                self._ending.add(asyncio.create_task(old.stop(keep=False)))
            group = self._group

            def lease(area: str = area, group: AreaGroup | None = group) -> int | None:
                return None if group is None else group.lease(area)

            served = self._served[area] = self._taken(area, lease)
            served.start()

    def _taken(self, area: str, lease: Lease) -> Served:
        if area in self._councils:
            council, solver = self._councils[area], self._round_solvers[area]
            return ServedCouncil(council, self._backing, solver, self.metrics, self._settings, lease)
        return ServedArea(
            self._regions[area], self._backing, self._solvers[area], self.metrics, self._settings, lease
        )

    async def _give_up(self, areas: frozenset[str], generation: int) -> None:
        await asyncio.gather(*(self._stop(area, keep=True) for area in areas))

    async def _lose(self, areas: frozenset[str], generation: int) -> None:
        await asyncio.gather(*(self._stop(area, keep=False) for area in areas))

    async def _stop(self, area: str, keep: bool) -> None:
        served = self._served.pop(area, None)
        if served is not None:
            await served.stop(keep)
