"""The service as its users start it: a process of its own, on a port of its own, killed when asked.

Used by crash, fault and browser tests. Ends only what it started.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from tests.shared_data import ROOT

COVER = [sys.executable, "-m", "services.cli.main"]
START_WITHIN_S = 240.0
STOP_WITHIN_S = 30.0
TAIL_CHARS = 3_000
"""So much of a process's own words is shown where it does not come up."""


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class CoverProcess:
    """`cover …` as a subprocess, its output in a file.

    Parameters
    ----------
    environment
        Variables beside those of this process.
    """

    def __init__(
        self, arguments: list[str], port: int, output: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.arguments = arguments
        self.url = f"http://127.0.0.1:{port}"
        self.output = output
        self.process: subprocess.Popen[bytes] | None = None
        self._environment = dict(environment or {})

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended (a paused one runs)."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it and wait until it is ready; AssertionError with its output otherwise."""
        self.launch()
        self.await_ready()

    def launch(self) -> None:
        """Start it and return at once."""
        with self.output.open("ab") as out:
            self.process = subprocess.Popen(
                [*COVER, *self.arguments],
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env=os.environ | {"PYTHONUNBUFFERED": "1"} | self._environment,
            )

    def await_ready(self) -> None:
        """Wait until it is ready; AssertionError with its output otherwise."""
        give_up = time.monotonic() + START_WITHIN_S
        while time.monotonic() < give_up and self.running:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        self.kill()
        raise AssertionError(f"not ready within {START_WITHIN_S} s:\n{self.last_words()}")

    def kill(self) -> None:
        """kill -9, also of a paused one."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> int:
        """Ask it to stop (SIGTERM); its exit code."""
        if self.process is None:
            raise AssertionError("it was never started")
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_WITHIN_S)

    def pause(self) -> None:
        """Stop it in its tracks (SIGSTOP): its connections stay open, and nothing answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused one go on."""
        self._signal(signal.SIGCONT)

    def last_words(self) -> str:
        """The end of its output."""
        return self.output.read_text(errors="replace")[-TAIL_CHARS:] if self.output.is_file() else "(none)"

    def _signal(self, number: signal.Signals) -> None:
        if self.process is None or not self.running:
            raise AssertionError("it does not run")
        self.process.send_signal(number)
