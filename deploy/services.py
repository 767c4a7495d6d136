"""Kafka and Redis on this machine: start them, name their addresses, stop them.

Run by `make services-up` and `make services-down`; used by the tests that need real servers (a folder of
their own each run). Needs nothing but Python; never touches a server it did not start.
"""

import argparse
import fcntl
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.kafka_broker import fetch_jars, java, kafka_broker
from deploy.redis_server import redis_program, redis_server
from deploy.server_process import LOOPBACK, ServerError, ServerProcess, free_port

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "services"
JARS = ROOT / "var" / "kafka-jars"


class Services:
    """The broker and the Redis server of one folder; their ports stay the same over restarts.

    Attributes
    ----------
    kafka, redis
        The two processes; each can be started, stopped, killed and paused by itself.
    """

    def __init__(self, folder: Path = FOLDER, jars: Path = JARS) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        with self._held():
            ports = self._ports()
        self.kafka_address = f"{LOOPBACK}:{ports['kafka']}"
        self.redis_url = f"redis://{LOOPBACK}:{ports['redis']}/0"
        self.kafka: ServerProcess = kafka_broker(folder / "kafka", jars, ports["kafka"], ports["controller"])
        self.redis: ServerProcess = redis_server(folder / "redis", ports["redis"])
        self._jars = jars

    def up(self) -> None:
        """Start what does not run, await both, and write `services.env`.

        Raises
        ------
        ServerError
            Where something is missing or a server does not come up; nothing started here is left behind.
        """
        with self._held():
            java()
            redis_program()
            fetch_jars(self._jars)
            ran = [server for server in (self.redis, self.kafka) if server.pid is not None]
            try:
                self.redis.start()
                self.kafka.start()
            except BaseException:
                for server in (self.redis, self.kafka):
                    if server not in ran:
                        server.kill()
                raise
            self.environment_file.write_text(
                f"COVER_KAFKA={self.kafka_address}\nCOVER_REDIS={self.redis_url}\n"
            )

    def down(self) -> None:
        """Stop both; nothing where they do not run. Kafka's data stay for the next start."""
        with self._held():
            self.environment_file.unlink(missing_ok=True)
            self.kafka.stop()
            self.redis.stop()

    @property
    def environment_file(self) -> Path:
        """Names the addresses, one `NAME=value` a line."""
        return self.folder / "services.env"

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Keep a second caller out meanwhile."""
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _ports(self) -> dict[str, int]:
        kept = self.folder / "ports.json"
        if not kept.is_file():
            kept.write_text(json.dumps({name: free_port() for name in ("kafka", "controller", "redis")}))
        ports: dict[str, int] = json.loads(kept.read_text())
        return ports


def main(words: list[str]) -> int:
    """`up` or `down`; returns the exit code."""
    parser = argparse.ArgumentParser(description="Kafka and Redis on this machine, on loopback.")
    parser.add_argument("do", choices=("up", "down"))
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where they keep what they need")
    asked = parser.parse_args(words)
    services = Services(asked.folder.resolve())
    try:
        if asked.do == "down":
            services.down()
            print("Kafka and Redis are stopped.")
            return 0
        print("Starting Kafka and Redis (the first time fetches the broker, some 45 MB) …", flush=True)
        services.up()
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Kafka {services.kafka_address}, Redis {services.redis_url}; see {services.environment_file}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
