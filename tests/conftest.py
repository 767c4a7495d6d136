"""Fixtures shared by the wings' tests: the real London as a region pack, real servers; made once a run.

Used by pytest only.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from deploy.services import Services
from tests.servers import up
from tests.shared_data import LONDON, ROOT

if TYPE_CHECKING:
    from tests.services.small_town import Town

# A deadline for each example would time the machine, not the code: on a busy one it fails what is right.
# CI tries the same examples each time, so that what it says is about the change; elsewhere they are new ones.
hypothesis.settings.register_profile("house", deadline=None, derandomize=os.environ.get("CI") == "true")
hypothesis.settings.load_profile("house")


def pytest_configure() -> None:
    """Asked to end, end as by Ctrl-C: the servers that tests have started are stopped first."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def london_pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack of the real London, built with the command line."""
    if not LONDON.is_dir():
        pytest.skip("the real London data is not on this machine")
    pack = tmp_path_factory.mktemp("packs") / "london"
    command = [sys.executable, "-m", "services.cli.main", "region", "build", str(pack), "--lfb", str(LONDON)]
    subprocess.run(command, check=True, cwd=ROOT, timeout=300, stdout=subprocess.DEVNULL)
    return pack


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> "Town":
    """Packs of a small generated town: a brigade and a council on one ground."""
    from tests.services.small_town import town_in  # loads the engine, which few tests need

    return town_in(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="session")
def kafka_and_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """A real Kafka and a real Redis for all tests of this run that leave them alone."""
    services = Services(tmp_path_factory.mktemp("services"))
    try:
        yield up(services)
    finally:
        services.down()


@pytest.fixture(scope="module")
def own_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """A real Kafka and a real Redis for one file of tests that hurt them."""
    services = Services(tmp_path_factory.mktemp("own-servers"))
    try:
        yield up(services)
    finally:
        services.down()
