"""What is measured, as processes: Kafka and Redis of our own, `cover worker`, `cover api`, `cover serve`.

Used by the run. Everything is started here and ended here, by its own pid; nothing else is touched. All of it
lives in one scratch folder.
"""

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

import httpx

READY_WITHIN_S = 90.0
STOP_WITHIN_S = 20.0
POLL_S = 0.05
READY = re.compile(rb"is ready: (http://[^\s/]+)/")
TAIL_CHARS = 2_000
CALM_WITHIN_S, CALM_SHARE = 20.0, 0.15
"""At rest: less than this share of one core, all of them together, over a second."""


class Servers:
    """A broker and a Redis of our own, with nothing in them; a context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.kafka = ""
        self._redis = ""

    def __enter__(self) -> "Servers":
        """Start both."""
        self._run("up")
        told = (self._folder / "services.env").read_text().splitlines()
        named = dict(line.split("=", 1) for line in told)
        self.kafka, self._redis = named["COVER_KAFKA"], named["COVER_REDIS"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop both."""
        self._run("down")

    def environment(self, number: int) -> dict[str, str]:
        """Settings of one deployment: a prefix of topics and a Redis database of its own."""
        return {
            "COVER_KAFKA": self.kafka,
            "COVER_REDIS": f"{self._redis.rpartition('/')[0]}/{number}",
            "COVER_TOPIC_PREFIX": f"pipeline{number}",
        }

    def topic(self, number: int, area: str) -> str:
        """The topic of an area's events in that deployment (docs/asyncapi.yaml)."""
        return f"pipeline{number}.{area}.events"

    def _run(self, word: str) -> None:
        command = [sys.executable, "-m", "deploy.services", word, "--folder", str(self._folder)]
        told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if told.returncode:
            raise SystemExit(f"deploy.services {word} failed:\n{told.stdout}{told.stderr}")


class CoverProcess:
    """One `cover …` process that serves HTTP.

    Attributes
    ----------
    url
        Where it listens.
    started_s
        When it was started, on the monotonic clock.
    """

    def __init__(
        self, words: Sequence[str], settings: dict[str, str], log: Path, program: Sequence[str] = ()
    ) -> None:
        """Start it (`cover`, or another program), and wait until it prints its address."""
        program = program or [str(Path(sys.executable).with_name("cover"))]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("COVER_")}
        self._log = log
        self.name = words[0] if words else program[-1]
        self.started_s = time.monotonic()
        with log.open("wb") as out:
            self._child = subprocess.Popen(  # noqa: S603
                [*program, *words], env=clean | settings, stdout=out, stderr=subprocess.STDOUT
            )
        self.url = self._await_address()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid

    def await_ready(self) -> None:
        """Return once `/readyz` says yes and means every area.

        Raises
        ------
        SystemExit
            Where that takes too long.
        """
        until_s = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < until_s:
            with contextlib.suppress(httpx.TransportError):
                answer = httpx.get(f"{self.url}/readyz", timeout=5)
                if answer.status_code == 200 and answer.json().get("areas"):
                    return
            time.sleep(POLL_S)
        self.stop()
        raise SystemExit(f"cover {self.name} was not ready in {READY_WITHIN_S:g} s:\n{self.last_words()}")

    def stop(self) -> None:
        """End it cleanly; killed where that takes too long."""
        if self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()

    def _await_address(self) -> str:
        until_s = time.monotonic() + READY_WITHIN_S
        while self._child.poll() is None and time.monotonic() < until_s:
            found = READY.search(self._log.read_bytes())
            if found:
                return found[1].decode()
            time.sleep(POLL_S)
        self.stop()
        raise SystemExit(f"cover {self.name} did not start:\n{self.last_words()}")

    def last_words(self) -> str:
        """The end of what it has printed."""
        return self._log.read_text(errors="replace")[-TAIL_CHARS:]


@contextlib.contextmanager
def python_module(module: str, words: Sequence[str], log: Path) -> Iterator[CoverProcess]:
    """Run a module of this wing that serves HTTP and says so as `cover` does, to the end of the block."""
    process = CoverProcess(words, {}, log, [sys.executable, "-m", module])
    try:
        yield process
    finally:
        process.stop()


@contextlib.contextmanager
def cover(words: Sequence[str], settings: dict[str, str], log: Path) -> Iterator[CoverProcess]:
    """Run a `cover …` process, ended at the end of the block."""
    process = CoverProcess(words, settings, log)
    try:
        yield process
    except Exception as error:
        error.add_note(f"cover {process.name}, last words:\n{process.last_words()}")
        raise
    finally:
        process.stop()


def cpu_s(pid: int) -> float:
    """Seconds of processor time a process has used so far; NaN where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def await_calm(pids: Sequence[int]) -> None:
    """Wait until these processes are at rest, after what they prepare when they have started; bounded."""
    until_s = time.monotonic() + CALM_WITHIN_S
    while time.monotonic() < until_s:
        before_s = sum(map(cpu_s, pids))
        time.sleep(1.0)
        if not sum(map(cpu_s, pids)) - before_s > CALM_SHARE:
            return
