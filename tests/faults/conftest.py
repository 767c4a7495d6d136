"""The matrix's servers, cluster and stage: started once, shared by its cases, renewed after one that failed.

Used by pytest only.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.services import Services
from tests.faults.cluster import Cluster, Pack, build_packs
from tests.faults.event_stream import EventStream
from tests.faults.oracle import Undisturbed
from tests.faults.scene import Stage
from tests.servers import up


@pytest.fixture(scope="session")
def packs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pack]:
    """Four small regions."""
    return build_packs(tmp_path_factory.mktemp("packs"))


@pytest.fixture(scope="package")
def own_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """A real Kafka and a real Redis of the matrix's own, for all its files."""
    services = Services(tmp_path_factory.mktemp("fault-servers"))
    try:
        yield up(services)
    finally:
        services.down()


class StageKeeper:
    """Has one stage at a time; one on which a case failed is taken down, and the next case gets a new one."""

    def __init__(self, servers: Services, packs: dict[str, Pack], folder: Path) -> None:
        self._servers, self._packs, self._folder = servers, packs, folder
        self._stage: Stage | None = None
        self._built = 0

    def ready(self) -> Stage:
        """The stage, everything on it running."""
        if self._stage is not None and self._stage.spoiled:
            self.down()
        if self._stage is None:
            self._built += 1
            folder = self._folder / f"stage-{self._built}"
            cluster = Cluster(self._servers, self._packs, folder)
            undisturbed = Undisturbed(self._packs, folder / "undisturbed.log")
            streams = {
                area: EventStream(pack.region, seed) for seed, (area, pack) in enumerate(self._packs.items())
            }
            self._stage = Stage(cluster, undisturbed, streams)
            try:
                undisturbed.process.launch()
                cluster.up()
                undisturbed.process.await_ready()
            except BaseException:
                print(cluster.last_words())
                self.down()
                raise
        return self._stage

    def down(self) -> None:
        """End everything that was started."""
        stage, self._stage = self._stage, None
        if stage is not None:
            stage.undisturbed.process.kill()
            stage.cluster.down()


@pytest.fixture(scope="package")
def stage_keeper(
    own_servers: Services, packs: dict[str, Pack], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StageKeeper]:
    keeper = StageKeeper(own_servers, packs, tmp_path_factory.mktemp("stages"))
    try:
        yield keeper
    finally:
        keeper.down()


@pytest.fixture
def stage(stage_keeper: StageKeeper) -> Stage:
    """A cluster of two API replicas and two workers over four areas, and its undisturbed twin."""
    return stage_keeper.ready()
