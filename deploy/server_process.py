"""One server process with a folder of its own: start it, await it, stop it, and hurt it for fault tests.

Used by `deploy.kafka_broker` and `deploy.redis_server`. Ends only what it started: a pid file holds the pid
together with the time that process began, so a pid that was given to another process is left alone.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

LOOPBACK = "127.0.0.1"
POLL_S = 0.05
TAIL_CHARS = 2_000
"""So much of a server's own words is shown where it does not come up."""


class ServerError(Exception):
    """A server that cannot be started; the text says why and what to do."""


class ServerProcess:
    """A server whose pid file, log and data lie in `folder`.

    Parameters
    ----------
    command
        Gives the command line (called at each start).
    answers
        Whether the server answers a request now.
    ready_within_s, stop_within_s
        Bounds on starting and on a clean stop; past the second it is killed.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        command: Callable[[], Sequence[str]],
        answers: Callable[[], bool],
        ready_within_s: float,
        stop_within_s: float,
    ) -> None:
        self.name = name
        self.folder = folder
        self._command = command
        self._answers = answers
        self._ready_within_s = ready_within_s
        self._stop_within_s = stop_within_s
        self._pid_file = folder / "pid.json"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The pid where the process we started still lives, else None."""
        if self._child is not None and self._child.poll() is not None:
            self._child = None  # it is dead, and by that question no zombie any more
        try:
            kept = json.loads(self._pid_file.read_text())
            pid, began = int(kept["pid"]), str(kept["began"])
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return pid if _began(pid) == began else None

    def start(self) -> None:
        """Start it where it does not run, and return once it answers.

        Raises
        ------
        ServerError
            With the server's last words, where it ends at once or does not answer in time.
        """
        if self.pid is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / "out.log").open("ab") as out:
                self._child = subprocess.Popen(
                    list(self._command()),
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    cwd=self.folder,
                )
            began = _began(self._child.pid)
            self._pid_file.write_text(json.dumps({"pid": self._child.pid, "began": began}))
        self.await_ready()

    def await_ready(self) -> None:
        """Return once it answers; see `start` for what is raised."""
        until = time.monotonic() + self._ready_within_s
        while not self._answers():
            if self.pid is None:
                raise ServerError(f"{self.name} ended while starting. Its last words:\n{self._last_words()}")
            if time.monotonic() > until:
                self.kill()
                raise ServerError(
                    f"{self.name} did not answer within {self._ready_within_s:g} s and was ended. "
                    f"Its last words:\n{self._last_words()}"
                )
            time.sleep(POLL_S)

    def stop(self) -> None:
        """End it cleanly (killed where that takes too long); nothing where it does not run."""
        pid = self.pid
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            os.kill(pid, signal.SIGCONT)  # a paused process takes no other signal
            if not self._gone_within(self._stop_within_s):
                self.kill()
        self._pid_file.unlink(missing_ok=True)

    def kill(self) -> None:
        """`kill -9`."""
        pid = self.pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            if not self._gone_within(self._stop_within_s):
                raise ServerError(f"{self.name} (process {pid}) cannot be ended; end it by hand")
        self._pid_file.unlink(missing_ok=True)

    def pause(self) -> None:
        """Stop it in its tracks (SIGSTOP): its connections stay open, and nothing answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused one go on."""
        self._signal(signal.SIGCONT)

    def restart(self) -> None:
        """Stop cleanly, start again; same data, same port."""
        self.stop()
        self.start()

    def _signal(self, number: signal.Signals) -> None:
        pid = self.pid
        if pid is None:
            raise ServerError(f"{self.name} does not run")
        os.kill(pid, number)

    def _gone_within(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while self.pid is not None or self._child is not None:
            if time.monotonic() > until:
                return False
            time.sleep(POLL_S)
        return True

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            return (self.folder / "out.log").read_text(errors="replace")[-TAIL_CHARS:]
        return "(none)"


def free_port() -> int:
    """A loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def exchange(port: int, request: bytes, most: int = 64, timeout_s: float = 2.0) -> bytes:
    """Send `request` to a loopback port and give the beginning of the answer; empty where there is none."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout_s) as connection:
            connection.settimeout(timeout_s)
            connection.sendall(request)
            return connection.recv(most)
    except OSError:
        return b""


def _began(pid: int) -> str | None:
    """When process `pid` began, as the system tells it; None where it does not run (or is a zombie)."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.is_dir() and Path("/proc/self/stat").is_file():
        try:
            after_name = stat.read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if after_name[0] == "Z" else after_name[19]  # field 22: start time in clock ticks
    told = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True)
    state, _, began = told.stdout.strip().partition(" ")
    return None if told.returncode or state.startswith("Z") else began.strip()
