"""The house: which wing may import which, and which library belongs to which wing."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shared_data import ROOT

ALLOWED = {
    "geo": {"geo"},
    "streams": {"streams"},
    "optimiser": {"optimiser", "geo"},
    "services": {"services", "optimiser", "streams", "geo"},
    "loadtests": {"loadtests"},
}
OWNERS = {
    "shapely": ("geo",),
    "pyproj": ("geo",),
    "osmium": ("geo",),
    "shapefile": ("geo",),
    "ortools": ("optimiser",),
    "sklearn": ("optimiser",),
    # A load test talks to the service by HTTP and Kafka, as anybody's system does.
    "kafka": ("streams", "loadtests"),
    "fastapi": ("services",),
    "redis": ("services",),
}


def imports(source: str) -> Iterator[tuple[int, str]]:
    """(line, top-level module) of every absolute import, also inside functions and by importlib."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." if node.level else (node.module or "").split(".")[0]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            for argument in node.args[:1]:
                if isinstance(argument, ast.Constant):
                    yield node.lineno, str(argument.value).split(".")[0]


def broken_rules(wing: str, source: str) -> list[str]:
    """What a file of `wing` imports against the house."""
    found = []
    for line, module in imports(source):
        if module == ".":
            found.append(f"{line}: relative import; name the wing")
        if module in ALLOWED and module not in ALLOWED[wing]:
            found.append(f"{line}: {wing} imports {module}")
        if wing not in OWNERS.get(module, (wing,)):
            found.append(f"{line}: only {' and '.join(OWNERS[module])} imports {module}")
    return found


def files(wing: str) -> list[Path]:
    return [p for p in sorted((ROOT / wing).rglob("*.py")) if "node_modules" not in p.parts]


@pytest.mark.parametrize("wing", ["geo", "streams", "optimiser", "services"])
def test_wing_keeps_the_directions(wing: str) -> None:
    assert files(wing), f"{wing} holds no files"
    broken = {
        str(path.relative_to(ROOT)): rules
        for path in files(wing)
        if (rules := broken_rules(wing, path.read_text()))
    }
    assert broken == {}


def test_loadtests_import_nothing_of_the_inside() -> None:
    broken = [rule for path in files("loadtests") for rule in broken_rules("loadtests", path.read_text())]
    assert broken == []


@pytest.mark.parametrize(
    ("wing", "source"),
    [
        ("geo", "import services"),
        ("geo", "from optimiser.cover import plan"),
        ("streams", "def f():\n    import geo.region"),
        ("optimiser", "from streams import codec"),
        ("optimiser", "import importlib\nimportlib.import_module('services.picture')"),
        ("services", "from ortools.linear_solver import pywraplp"),
        ("services", "import kafka"),
        ("optimiser", "import shapely.geometry"),
        ("geo", "from . import region"),
        ("loadtests", "import services"),
    ],
)
def test_the_check_can_fail(wing: str, source: str) -> None:
    assert len(broken_rules(wing, source)) == 1


def test_the_check_lets_right_imports_pass() -> None:
    assert broken_rules("services", "import fastapi, redis\nfrom optimiser.cover import plan") == []
    assert broken_rules("optimiser", "import numpy\nfrom ortools.linear_solver import pywraplp") == []
