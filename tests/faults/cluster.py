"""API replicas and workers as processes of their own, over a real broker and a real Redis.

Started by `tests/faults/conftest.py`, hurt by the cases. Ends only what it started.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from deploy.services import Services
from geo.demo_region import SMALL_SIZE, build_demo_region
from geo.region import Region
from geo.region_pack import save_region
from tests.services.process import CoverProcess, free_port

AREAS = ("area-1", "area-2", "area-3", "area-4")
APIS = ("api-1", "api-2")
WORKERS = ("worker-1", "worker-2")
WORDS_SHOWN = 4_000


@dataclass(frozen=True, slots=True)
class Pack:
    """A region and the folder it was saved in."""

    region: Region
    folder: Path


def build_packs(folder: Path) -> dict[str, Pack]:
    """Four small cities, one for each area."""
    packs = {}
    for seed, area in enumerate(AREAS, start=1):
        region = replace(build_demo_region(seed, SMALL_SIZE), id=area, name=area)
        save_region(region, folder / area)
        packs[area] = Pack(region, folder / area)
    return packs


def region_options(packs: Mapping[str, Pack]) -> list[str]:
    """`--region` for each pack."""
    return [word for pack in packs.values() for word in ("--region", str(pack.folder))]


class Cluster:
    """Two API replicas and two workers; every process by its name.

    Attributes
    ----------
    prefix
        First part of its topics' names, its own.
    """

    def __init__(self, servers: Services, packs: Mapping[str, Pack], folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.servers = servers
        self.prefix = f"faults-{secrets.token_hex(4)}"
        environment = {
            "COVER_KAFKA": servers.kafka_address,
            "COVER_REDIS": servers.redis_url,
            "COVER_TOPIC_PREFIX": self.prefix,
        }
        regions = region_options(packs)
        self.processes: dict[str, CoverProcess] = {}
        for name in (*APIS, *WORKERS):
            port = free_port()
            words = ["api"] if name in APIS else ["worker", "--name", name]
            self.processes[name] = CoverProcess(
                [*words, *regions, "--port", str(port)], port, folder / f"{name}.log", environment
            )

    def __getitem__(self, name: str) -> CoverProcess:
        return self.processes[name]

    @property
    def api_urls(self) -> list[str]:
        """Addresses of all API replicas, also of one that is dead: a load balancer does not know at once."""
        return [self.processes[name].url for name in APIS]

    def up(self) -> None:
        """Start Kafka and Redis where they do not run, and every process that does not; await them all."""
        self.servers.kafka.start()
        self.servers.redis.start()
        for process in self.processes.values():
            if not process.running:
                process.launch()
        for process in self.processes.values():
            process.resume()
            process.await_ready()

    def down(self) -> None:
        """End every process, and let the servers go on."""
        for process in self.processes.values():
            process.kill()
        for server in (self.servers.kafka, self.servers.redis):
            if server.pid is not None:
                server.resume()

    def owned(self, names: Iterable[str] = WORKERS) -> dict[str, dict[str, str]]:
        """What each worker says it serves now, and how that is; nothing from one that does not answer."""
        told: dict[str, dict[str, str]] = {}
        for name in names:
            try:
                told[name] = httpx.get(f"{self.processes[name].url}/readyz", timeout=2).json()["areas"]
            except (httpx.TransportError, ValueError):
                told[name] = {}
        return told

    def owner(self, area: str) -> str | None:
        """The one worker that serves the area and is well; None while there is none, or more than one."""
        owners = [name for name, areas in self.owned().items() if areas.get(area) == "ok"]
        return owners[0] if len(owners) == 1 else None

    def shared_out(self, names: Sequence[str] = WORKERS) -> bool:
        """Whether these workers serve all areas, each area one of them, all of them well and evenly many."""
        told = self.owned(names)
        served = [area for areas in told.values() for area in areas]
        even = max(map(len, told.values())) - min(map(len, told.values())) <= 1
        well = all(word == "ok" for areas in told.values() for word in areas.values())
        return even and well and sorted(served) == sorted(AREAS)

    def last_words(self) -> str:
        """The end of every process's output, for a case that failed."""
        return "\n".join(
            f"--- {name} ({'runs' if process.running else 'ended'})\n"
            f"{process.output.read_text(errors='replace')[-WORDS_SHOWN:] if process.output.is_file() else ''}"
            for name, process in self.processes.items()
        )
