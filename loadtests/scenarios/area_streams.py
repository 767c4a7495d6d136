"""The events of a scenario's areas: one seeded stream each, which all senders of a process share.

Used by the brigade scenarios. Reads the region packs named by `LOAD_REGION`: a pack, or a folder of packs.
"""

import os
import threading
from datetime import datetime
from functools import cache
from pathlib import Path

import httpx

from loadtests.pipeline.brigade import Brigade, read_brigade
from loadtests.pipeline.busy_day import START, BusyDay

SEED = 20_260_606


class AreaStream:
    """The next events of one area, to whoever asks."""

    def __init__(self, brigade: Brigade, seed: int = SEED, begin_s: float = 0.0) -> None:
        self.brigade = brigade
        self._day = BusyDay(brigade, seed, begin_s=begin_s)
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
def area_streams(host: str) -> tuple[AreaStream, ...]:
    """A stream for each pack, made when first asked for; each begins where its area's own time stands.

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
    brigades = [read_brigade(pack) for pack in packs(Path(named))]
    return tuple(AreaStream(one, SEED + n, _begin_s(host, one.area)) for n, one in enumerate(brigades))


def _begin_s(host: str, area: str) -> float:
    """Seconds after `START` of the first event: after what an earlier run has told."""
    picture = httpx.get(f"{host}/api/v1/areas/{area}/picture", timeout=30).raise_for_status().json()
    if picture["as_of"] is None:
        return 0.0
    return max(0.0, (datetime.fromisoformat(picture["as_of"]) - START).total_seconds()) + 1.0


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
