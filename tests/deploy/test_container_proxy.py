"""The two proxies, run by the real Caddy: who comes in, what is passed on, and what where nobody is ready."""

import base64
import contextlib
import http.client
import json
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deploy.server_process import LOOPBACK, free_port
from tests.deploy.deployed import DEPLOY, program

pytestmark = pytest.mark.slow

PROXY = DEPLOY / "proxy"
WITHIN_S = 20.0
KNOWN = {"Authorization": "Basic " + base64.b64encode(b"control:right").decode()}


class Upstream(ThreadingHTTPServer):
    """Stands where an API replica listens, and tells what reached it; ready only while `ready`."""

    ready = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((LOOPBACK, 0), Teller)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class Teller(BaseHTTPRequestHandler):
    """Answers with the headers it got."""

    server: Upstream

    def do_GET(self) -> None:
        """Tell path and headers; /readyz is 503 where the replica is not ready."""
        ready = self.server.ready or self.path != "/readyz"
        body = json.dumps({"path": self.path, "port": self.server.port, **dict(self.headers)}).encode()
        self.send_response(200 if ready else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with listening_upstream() as server:
        yield server


@contextmanager
def listening_upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def caddy(file: str, folder: Path, check_port: int, **variables: str) -> Iterator[None]:
    """The proxy of `file`, until the block ends."""
    environment = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    words = [program("caddy"), "run", "--adapter", "caddyfile", "--config", str(PROXY / file)]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(words, env=environment | variables, stdout=log, stderr=log) as process,
    ):
        try:
            until = time.monotonic() + WITHIN_S
            while time.monotonic() < until and process.poll() is None:
                try:
                    if ask(check_port, "/proxyz")[0] == 200:
                        break
                except OSError:
                    time.sleep(0.05)
            else:
                pytest.fail(f"the proxy does not come up:\n{(folder / 'log').read_text()[-2000:]}")
            yield
        finally:
            process.terminate()
            process.wait(WITHIN_S)


def ask(port: int, path: str, headers: dict[str, str] | None = None, tls: bool = False) -> tuple[int, bytes]:
    """Status and body of one GET."""
    if tls:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            "localhost", port, timeout=WITHIN_S, context=context
        )
    else:
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=WITHIN_S)
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@contextmanager
def sidecar(folder: Path, upstream: Upstream, operators: str) -> Iterator[tuple[int, int]]:
    """The proxy beside one replica; gives its two ports."""
    web, operations = free_port(), free_port()
    (folder / "operators").write_text(operators)
    with caddy(
        "sidecar.Caddyfile",
        folder,
        operations,
        WEB_PORT=str(web),
        OPS_PORT=str(operations),
        API_PORT=str(upstream.port),
        OPERATORS_FILE=str(folder / "operators"),
    ):
        yield web, operations


def hashed(password: str) -> str:
    words = [program("caddy"), "hash-password", "--bcrypt-cost", "4", "--plaintext", password]
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=WITHIN_S).stdout.strip()


def test_proxy_lets_in_who_is_known_and_keeps_the_password_to_itself(
    tmp_path: Path, upstream: Upstream
) -> None:
    with sidecar(tmp_path, upstream, f"control {hashed('right')}\n") as (web, _):
        wrong = "Basic " + base64.b64encode(b"control:wrong").decode()
        for headers in ({}, {"Authorization": wrong}):
            for path in ("/", "/healthz", "/metrics", "/api/v1/areas"):
                assert ask(web, path, headers)[0] == 401
        status, body = ask(web, "/", KNOWN | {"Host": "cover.example", "Origin": "https://cover.example"})
        told = json.loads(body)
    assert status == 200
    assert (told["Host"], told["Origin"]) == ("cover.example", "https://cover.example")
    assert "Authorization" not in told


def test_probes_need_no_password_and_see_nothing_else(tmp_path: Path, upstream: Upstream) -> None:
    with sidecar(tmp_path, upstream, f"control {hashed('right')}\n") as (_, operations):
        for path in ("/healthz", "/readyz", "/metrics"):
            status, body = ask(operations, path, {"Host": "10.1.2.3:8081"})
            assert (status, json.loads(body)["path"]) == (200, path)
            assert json.loads(body)["Host"] == f"{LOOPBACK}:{upstream.port}", "the API takes no other name"
        upstream.ready = False
        assert ask(operations, "/readyz")[0] == 503
        assert ask(operations, "/healthz")[0] == 200
        for path in ("/", "/api/v1/areas", "/readyz/../api/v1/areas", "//metrics/x", "/healthz/"):
            assert ask(operations, path, KNOWN)[0] == 404, path


def test_empty_list_of_operators_lets_nobody_in(tmp_path: Path, upstream: Upstream) -> None:
    with sidecar(tmp_path, upstream, "") as (web, _):
        assert ask(web, "/", KNOWN)[0] == 401
        assert ask(web, "/")[0] == 401


def test_missing_list_of_operators_does_not_start(tmp_path: Path) -> None:
    words = [
        program("caddy"),
        "validate",
        "--adapter",
        "caddyfile",
        "--config",
        str(PROXY / "sidecar.Caddyfile"),
    ]
    environment = {"HOME": str(tmp_path), "OPERATORS_FILE": str(tmp_path / "absent")}
    told = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=WITHIN_S)
    assert told.returncode
    assert "absent" in told.stderr


def test_entry_goes_to_who_is_ready_and_where_nobody_is_to_anybody(tmp_path: Path) -> None:
    with listening_upstream() as one, listening_upstream() as other:
        door, check = free_port(), free_port()
        # Each stands for a replica's proxy; both ports of it are one here, so a health port cannot be named.
        text = (PROXY / "entry.Caddyfile").read_text()
        assert "\t\thealth_port {$OPS_PORT:8081}\n" in text
        ours = tmp_path / "entry.Caddyfile"
        ours.write_text(text.replace("\t\thealth_port {$OPS_PORT:8081}\n", ""))
        one.ready = False
        with caddy(
            str(ours),
            tmp_path,
            check,
            REPLICAS=f"{LOOPBACK}:{one.port} {LOOPBACK}:{other.port}",
            ENTRY_PORT=str(door),
            ENTRY_OPS_PORT=str(check),
        ):

            def reached() -> set[int]:
                answers = [ask(door, "/", tls=True) for _ in range(10)]
                assert {status for status, _ in answers} == {200}
                return {json.loads(body)["port"] for _, body in answers}

            def until(expected: set[int]) -> None:
                end = time.monotonic() + WITHIN_S
                while True:
                    with contextlib.suppress(ssl.SSLError):  # its certificate comes a moment later
                        if reached() == expected:
                            return
                    assert time.monotonic() < end, f"requests do not come to go to {expected}"
                    time.sleep(0.2)

            until({other.port})
            told = json.loads(ask(door, "/", tls=True)[1])
            assert told["Host"] == f"localhost:{door}"
            other.ready = False
            until({one.port, other.port})
            one.ready = True
            until({one.port})
