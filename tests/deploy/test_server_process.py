"""Servers are started, awaited, stopped and hurt; nothing that was not started here is ever ended."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.server_process import LOOPBACK, ServerError, ServerProcess, exchange, free_port
from deploy.services import Services

ECHO = """
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    connection, _ = server.accept()
    connection.sendall(b"hello"); connection.close()
"""


def server(folder: Path, port: int, code: str = ECHO, ready_within_s: float = 20.0) -> ServerProcess:
    return ServerProcess(
        "the echo server",
        folder,
        lambda: [sys.executable, "-c", code, str(port)],
        lambda: exchange(port, b"", timeout_s=0.5) == b"hello",
        ready_within_s,
        5.0,
    )


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[ServerProcess]:
    started = server(tmp_path / "echo", free_port())
    yield started
    started.kill()


def test_started_once_found_again_and_stopped(echo: ServerProcess) -> None:
    assert echo.pid is None
    echo.start()
    pid = echo.pid
    assert pid is not None
    echo.start()
    assert echo.pid == pid, "a running server is not started twice"
    again = server(echo.folder, 1)
    assert again.pid == pid, "another process finds it by its pid file"
    again.stop()
    assert echo.pid is None
    assert again.pid is None
    echo.stop()


def test_killed_and_started_again_on_the_same_port(echo: ServerProcess) -> None:
    echo.start()
    pid = echo.pid
    echo.kill()
    assert echo.pid is None
    echo.start()
    assert echo.pid not in (None, pid)


def test_paused_it_answers_nothing_and_can_still_be_stopped(echo: ServerProcess) -> None:
    port = free_port()
    paused = server(echo.folder / "paused", port)
    paused.start()
    paused.pause()
    assert exchange(port, b"", timeout_s=0.3) == b""
    paused.resume()
    assert exchange(port, b"") == b"hello"
    paused.pause()
    began = time.monotonic()
    paused.stop()
    assert time.monotonic() - began < 4
    assert paused.pid is None
    with pytest.raises(ServerError, match="does not run"):
        paused.pause()


def test_a_process_that_got_an_old_pid_is_left_alone(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        (tmp_path / "pid.json").write_text(json.dumps({"pid": other.pid, "began": "long ago"}))
        stale = server(tmp_path, free_port())
        assert stale.pid is None
        stale.stop()
        stale.kill()
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"pid": "x", "began": "1"}', '{"pid": 1}'])
def test_a_damaged_pid_file_means_it_does_not_run(tmp_path: Path, kept: str) -> None:
    (tmp_path / "pid.json").write_text(kept)
    assert server(tmp_path, free_port()).pid is None


def test_one_that_ends_at_once_says_why(tmp_path: Path) -> None:
    failing = server(tmp_path, free_port(), "raise SystemExit('the port is taken')")
    with pytest.raises(ServerError, match="the port is taken"):
        failing.start()


def test_one_that_never_answers_is_ended(tmp_path: Path) -> None:
    silent = server(tmp_path, free_port(), "import time; time.sleep(60)", ready_within_s=1.0)
    with pytest.raises(ServerError, match="did not answer within 1 s"):
        silent.start()
    assert silent.pid is None


def test_an_exchange_with_nobody_is_empty() -> None:
    assert exchange(free_port(), b"x", timeout_s=0.5) == b""


@pytest.mark.services
def test_up_twice_down_twice_and_same_ports_after(tmp_path: Path, kafka_and_redis: Services) -> None:
    services = Services(tmp_path / "services")
    try:
        services.up()
        pids = services.kafka.pid, services.redis.pid
        services.up()
        assert (services.kafka.pid, services.redis.pid) == pids
        told = dict(line.split("=", 1) for line in services.environment_file.read_text().splitlines())
        assert told == {"COVER_KAFKA": services.kafka_address, "COVER_REDIS": services.redis_url}
        assert services.kafka_address != kafka_and_redis.kafka_address
    finally:
        services.down()
    assert services.kafka.pid is services.redis.pid is None
    assert not services.environment_file.exists()
    services.down()
    assert Services(tmp_path / "services").kafka_address == services.kafka_address
    assert kafka_and_redis.kafka.pid is not None, "others are left alone"
    host, _, port = kafka_and_redis.kafka_address.partition(":")
    assert host == LOOPBACK
    with socket.create_connection((host, int(port)), 5):
        pass
    assert os.getpid() not in pids
