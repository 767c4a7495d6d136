"""The service as the API sees it: areas, settings, metrics, and whether it is ready.

Implemented by `services.embedded_service` (everything in one process) and `services.replica_service` (one of
any number of API replicas). Started and stopped by the API's lifespan.
"""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from geo.council import Council
from geo.region import Region
from services.hosted_area import HostedArea
from services.metrics import Metrics
from services.pseudonyms import Pseudonyms
from services.settings import Settings


class Service:
    """All areas of this process.

    Attributes
    ----------
    areas
        By area id.

    Raises
    ------
    ValueError
        Where two of the regions and councils have the same id.
    """

    areas: Mapping[str, HostedArea]

    def __init__(
        self, settings: Settings, regions: Sequence[Region], councils: Sequence[Council] = ()
    ) -> None:
        ids_of(regions, councils)
        self.settings = settings
        self.metrics = Metrics()
        key = settings.pseudonym_key
        self.pseudonyms = Pseudonyms(None if key is None else key.get_secret_value())
        # One for all areas: suppositions may wait for each other, live plans never for them.
        self.what_if_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="what-if")
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def ready(self) -> bool:
        """Whether every area has caught up with its log."""
        return all(area.state.ready for area in self.areas.values())

    def readiness(self) -> tuple[bool, dict[str, object]]:
        """Whether to send people here, and the state of each area in a word."""
        areas = {name: _word(area) for name, area in self.areas.items()}
        ready = all(word == "ok" for word in areas.values())
        return ready, {"status": "ok" if ready else "not ready", "areas": areas}

    async def start(self) -> None:
        """Start the areas."""
        areas = self.areas.values()
        self._tasks = [asyncio.create_task(area.run()) for area in areas]
        self._tasks += [asyncio.create_task(area.prepare()) for area in areas]

    async def stop(self) -> None:
        """End streams and areas."""
        for area in self.areas.values():
            area.hub.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.what_if_thread.shutdown(wait=False, cancel_futures=True)


def ids_of(regions: Sequence[Region], councils: Sequence[Council]) -> list[str]:
    """The ids of all areas; raises ValueError where two are the same."""
    ids = [*(region.id for region in regions), *(council.id for council in councils)]
    if len(set(ids)) < len(ids):
        raise ValueError(f"two areas have the same id: {', '.join(ids)}")
    return ids


def _word(area: HostedArea) -> str:
    if not area.state.ready:
        return area.degraded or "catching up"
    return area.degraded or "ok"
