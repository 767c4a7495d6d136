"""A real Redis server on loopback.

Used by `deploy.services`. Keeps nothing on disk: what is in Redis can be rebuilt from the log at any time.
"""

import os
import shutil
import subprocess
from pathlib import Path

from deploy.server_process import LOOPBACK, ServerError, ServerProcess, exchange

NAMES = ("redis-server", "valkey-server")
MEMORY = "256mb"
INSTALL_WITHIN_S, READY_WITHIN_S, STOP_WITHIN_S = 300.0, 10.0, 5.0


def redis_program() -> str:
    """The machine's Redis server; on Debian as root it is installed where it is missing.

    Raises
    ------
    ServerError
        Where there is none and it cannot be installed.
    """
    for name in NAMES:
        found = shutil.which(name)
        if found is not None:
            return found
    if os.geteuid() == 0 and shutil.which("apt-get") is not None:
        _install()
        found = shutil.which(NAMES[0])
        if found is not None:
            return found
    raise ServerError("A Redis server is needed: install it (Debian: the package 'redis-server').")


def redis_server(folder: Path, port: int) -> ServerProcess:
    """The server whose log and pid lie in `folder`."""

    def command() -> list[str]:
        options = {
            "--bind": LOOPBACK,
            "--port": str(port),
            "--dir": str(folder),
            "--save": "",
            "--appendonly": "no",
            "--maxmemory": MEMORY,
            "--maxmemory-policy": "noeviction",  # a full Redis says so; it never drops a checkpoint silently
        }
        return [redis_program(), *(word for pair in options.items() for word in pair)]

    def answers() -> bool:
        return exchange(port, b"PING\r\n").startswith(b"+PONG")

    return ServerProcess("the Redis server", folder, command, answers, READY_WITHIN_S, STOP_WITHIN_S)


def _install() -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "redis-server"],
    ):
        told = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=INSTALL_WITHIN_S
        )
        if told.returncode:
            raise ServerError(f"redis-server could not be installed:\n{told.stderr[-1000:]}")
