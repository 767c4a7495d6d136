"""Fixtures shared by the wings' tests: the real London as a region pack, built once a run.

Used by pytest only.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.shared_data import LONDON, ROOT


@pytest.fixture(scope="session")
def london_pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack of the real London, built with the command line."""
    if not LONDON.is_dir():
        pytest.skip("the real London data is not on this machine")
    pack = tmp_path_factory.mktemp("packs") / "london"
    command = [sys.executable, "-m", "services.cli.main", "region", "build", str(pack), "--lfb", str(LONDON)]
    subprocess.run(command, check=True, cwd=ROOT, timeout=300, stdout=subprocess.DEVNULL)
    return pack
