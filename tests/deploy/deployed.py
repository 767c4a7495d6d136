"""What the checks of container files and manifests share: reading them, and holding them against the code."""

import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import pytest

from services.api import health_routes
from services.cli.main import main
from services.settings import Settings, load_settings
from tests.shared_data import ROOT

DEPLOY = ROOT / "deploy"
SETTINGS = {f"COVER_{name.upper()}" for name in Settings.model_fields}
SECRET_SETTINGS = {"COVER_REDIS", "COVER_KAFKA_USERNAME", "COVER_KAFKA_PASSWORD", "COVER_PSEUDONYM_KEY"}
COVER_IMAGE, PROXY_IMAGE = "dynamic-cover:0.1.0", "dynamic-cover-proxy:0.1.0"
COVER_USER, PROXY_USER = 10001, 10002
OPERATIONS_PORT = 8081
"""Of a worker, and of the proxy beside an API replica."""
PROXY_PATHS = {"/proxyz"}
"""What the proxy answers itself."""
APP_PATHS = {str(getattr(route, "path", "")) for route in health_routes.router.routes}


def program(name: str) -> str:
    """A tool that came with a development package; the test is skipped where it is not installed."""
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip(f"{name} is not installed beside this Python")
    return found


def assert_command_parses(words: Sequence[str]) -> None:
    """The words are a command line of the real `cover`."""
    command = main.get_command(click.Context(main), words[0])
    assert command is not None, f"no command {words[0]!r}"
    with command.make_context(words[0], list(words[1:])) as context:
        assert context.params


def assert_settings_load(environment: Mapping[str, str | None], monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The service would start with just these settings; one without a value is handed on where it is set."""
    assert set(environment) <= SETTINGS, set(environment) - SETTINGS
    with monkeypatch.context() as only:
        for name in SETTINGS:
            only.delenv(name, raising=False)
        for name, value in environment.items():
            if value is not None:
                only.setenv(name, value)
        return load_settings()


def assert_pinned(image: str) -> None:
    """The image names a version: a tag that says one, or a digest."""
    assert re.search(r":v?\d+\.\d+\.\d+[a-z0-9.-]*$|@sha256:[0-9a-f]{64}$", image), f"{image} is not pinned"


def option(words: Sequence[str], name: str) -> Any:
    """The word that follows `name`."""
    return words[words.index(name) + 1]
