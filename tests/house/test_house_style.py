"""The house: files say what they are, packages are listed, lock files name no place of download."""

import ast
import json
import re
import tomllib
from pathlib import Path

import pytest

from tests.shared_data import ROOT

WINGS = ("geo", "streams", "optimiser", "services", "loadtests")
FILES = [
    path for wing in WINGS for path in sorted((ROOT / wing).rglob("*.py")) if "node_modules" not in path.parts
]
MOST_LINES = 400


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_file_says_what_it_is_and_stays_small(path: Path) -> None:
    text = path.read_text()
    assert ast.get_docstring(ast.parse(text)), "no module docstring"
    assert text.count("\n") <= MOST_LINES, "two nouns in one file?"


def test_every_package_is_listed() -> None:
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    found = {
        ".".join(init.parent.relative_to(ROOT).parts)
        for wing in WINGS
        for init in (ROOT / wing).rglob("__init__.py")
        if "node_modules" not in init.parts
    }
    assert listed == found


def test_python_lock_is_pinned_hashed_and_names_no_index() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|--trusted-host", text)
    pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(pins) > 50
    assert all(re.match(r"^[a-z0-9._-]+==[^ ]+ ", pin) for pin in pins)
    assert text.count("--hash=sha256:") >= len(pins)


def test_npm_lock_is_pinned_hashed_and_names_no_registry() -> None:
    lock = json.loads((ROOT / "services/console/package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert not [name for name, entry in packages.items() if "resolved" in entry]
    assert not [name for name, e in packages.items() if "integrity" not in e and not e.get("inBundle")]


def test_every_locked_requirement_covers_what_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = project["dependencies"] + project["optional-dependencies"]["dev"]
    names = {re.split(r"[<>=;\[ ]", item)[0].lower() for item in declared}
    locked = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements.lock").read_text(), re.M))
    assert names - locked == set()
