"""The events of a scenario's areas: one seeded stream each, which all senders of a process share.

Used by the brigade scenarios. Reads the region packs named by `LOAD_REGION`: a pack, or a folder of packs.
"""

import os
import threading
from functools import cache
from pathlib import Path

from loadtests.pipeline.brigade import Brigade, read_brigade
from loadtests.pipeline.busy_day import BusyDay

SEED = 20_260_606


class AreaStream:
    """The next events of one area, to whoever asks."""

    def __init__(self, brigade: Brigade, seed: int = SEED) -> None:
        self.brigade = brigade
        self._day = BusyDay(brigade, seed)
        self._lock = threading.Lock()

    def take(self, count: int) -> list[bytes]:
        """The next `count` events, in the order in which they happened."""
        with self._lock:
            return self._day.take(count)

    @property
    def now_s(self) -> float:
        """The stream's own time, in seconds after its begin."""
        return self._day.now_s


@cache
def area_streams() -> tuple[AreaStream, ...]:
    """A stream for each pack, made when first asked for.

    Raises
    ------
    SystemExit
        Where `LOAD_REGION` is missing or names no pack.
    """
    named = os.environ.get("LOAD_REGION")
    if not named:
        raise SystemExit(
            "LOAD_REGION is to name the region pack that the service serves, or a folder of packs"
        )
    return tuple(AreaStream(read_brigade(pack), SEED + n) for n, pack in enumerate(packs(Path(named))))


def packs(folder: Path) -> list[Path]:
    """The folder itself where it is a pack, else the packs in it."""
    if (folder / "region.json").is_file():
        return [folder]
    found = sorted(path.parent for path in folder.glob("*/region.json"))
    if not found:
        raise SystemExit(
            f"{folder} holds no region pack; make one with `cover region build` or `region demo`"
        )
    return found
