"""Processor share, memory and open files of processes over time, and the service's lag.

Used by the load runs: a thread that looks once a second. A process that has ended is left out from then on.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

from loadtests.pipeline.processes import cpu_s

EVERY_S = 1.0
PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass(frozen=True, slots=True)
class Sample:
    """One process at one moment; `cores` is its processor share since the sample before."""

    at_s: float
    name: str
    cores: float
    memory_mib: float
    files: int


class Sampler:
    """Samples until the end of the block; a context manager.

    Parameters
    ----------
    lag
        Gives the records not yet folded; left out where it is None or fails.
    """

    def __init__(self, pids: Mapping[str, int], lag: Callable[[], int] | None = None) -> None:
        self._pids, self._lag = dict(pids), lag
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)
        self._began_s = time.monotonic()
        self.samples: list[Sample] = []
        self.lags: list[tuple[float, int]] = []

    def __enter__(self) -> "Sampler":
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        self._stop.set()
        self._thread.join(10)

    def told(self) -> dict[str, object]:
        """All samples, for the raw results."""
        return {"processes": [asdict(one) for one in self.samples], "lag": self.lags}

    def _run(self) -> None:
        used = {name: (time.monotonic(), cpu_s(pid)) for name, pid in self._pids.items()}
        while not self._stop.wait(EVERY_S):
            for name, pid in self._pids.items():
                now_s, cpu = time.monotonic(), cpu_s(pid)
                before_s, before = used[name]
                used[name] = (now_s, cpu)
                try:
                    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
                    files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
                except OSError:
                    continue
                cores = round((cpu - before) / (now_s - before_s), 3)
                at_s = round(now_s - self._began_s, 2)
                self.samples.append(Sample(at_s, name, cores, round(pages * PAGE_MIB, 1), files))
            if self._lag is not None:
                try:
                    self.lags.append((round(time.monotonic() - self._began_s, 2), self._lag()))
                except Exception as error:  # a service under load may not answer; the next second it may
                    print(f"no lag at {time.monotonic() - self._began_s:.0f} s: {type(error).__name__}")


def thirds(values: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Means of the middle and of the last third of the time; NaN where either holds no value.

    The first third is left out: caches fill, and code is compiled.
    """
    if not values:
        return float("nan"), float("nan")
    first, last = values[0][0], values[-1][0]
    cuts = first + (last - first) / 3, first + 2 * (last - first) / 3
    middle = [value for at, value in values if cuts[0] <= at < cuts[1]]
    end = [value for at, value in values if at >= cuts[1]]
    return _mean(middle), _mean(end)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else float("nan")


def summed(samples: Sequence[Sample], names: Sequence[str], what: str) -> list[tuple[float, float]]:
    """A field added up over processes, by second; a second in which one of them is missing is left out."""
    rounds: dict[int, dict[str, float]] = {}
    for one in samples:
        if one.name in names:
            rounds.setdefault(round(one.at_s), {})[one.name] = float(getattr(one, what))
    return [(float(at), sum(by.values())) for at, by in sorted(rounds.items()) if len(by) == len(names)]
