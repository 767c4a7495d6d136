"""The service as its users start it: a process of its own, on a port of its own, killed when asked.

Used by crash and browser tests.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.shared_data import ROOT

COVER = [sys.executable, "-m", "services.cli.main"]
START_WITHIN_S = 90.0


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class CoverProcess:
    """`cover …` as a subprocess, its output in a file."""

    def __init__(self, arguments: list[str], port: int, output: Path) -> None:
        self.arguments = arguments
        self.url = f"http://127.0.0.1:{port}"
        self.output = output
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it is ready; AssertionError with its output otherwise."""
        with self.output.open("ab") as out:
            self.process = subprocess.Popen(
                [*COVER, *self.arguments],
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
            )
        give_up = time.monotonic() + START_WITHIN_S
        while time.monotonic() < give_up and self.process.poll() is None:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        self.kill()
        raise AssertionError(f"not ready within {START_WITHIN_S} s:\n{self.output.read_text()[-3000:]}")

    def kill(self) -> None:
        """kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> int:
        """Ask it to stop (SIGTERM); its exit code."""
        if self.process is None:
            raise AssertionError("it was never started")
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)
