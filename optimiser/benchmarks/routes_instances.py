"""The published instances the route benchmark runs on, by family, and what is known of their best costs.

Used by the benchmark alone; reads the shared data folder. It solves nothing.
"""

import re
from pathlib import Path
from typing import NamedTuple

from optimiser.routes.formats.carp_file import read_carp
from optimiser.routes.formats.instance import Instance
from optimiser.routes.formats.kim_file import read_kim
from optimiser.routes.formats.vrplib_file import read_vrplib

PATTERNS = {
    "mtvrptwr": "mtvrptwr/*.vrp",
    "cvrp": "cvrp/*.vrp",
    "vrptw": "vrptw/*.vrp",
    "kim": "kim/*_stop.txt",
    "carp": "carp/*.dat",
}
# Seconds each family is given; those of arc routing are small.
SECONDS = {
    "mtvrptwr": (5.0, 30.0),
    "cvrp": (5.0, 30.0),
    "vrptw": (5.0, 30.0),
    "kim": (5.0, 30.0),
    "carp": (10.0,),
}
# Of a quick run: one small instance of each family.
QUICK = {"mtvrptwr": "C201R0.25", "cvrp": "X-n200-k36", "vrptw": "C2_10_8", "kim": "102_stop", "carp": "gdb1"}
# Miles that other tools came to, for orientation: PyVRP without lunch, OR-Tools with it. Not the best known.
KIM_BEYOND = {"277_stop": 448.0, "804_stop": 620.0}


class Named(NamedTuple):
    """An instance by its family and its file."""

    family: str
    name: str
    path: Path


def named_instances(folder: Path, families: list[str], *, quick: bool = False) -> list[Named]:
    """Return the instances of families in a folder, in the order of families and names.

    Raises
    ------
    FileNotFoundError
        Where a family has no file in the folder.
    """
    found = []
    for family in families:
        paths = sorted(folder.glob(PATTERNS[family]))
        if not paths:
            raise FileNotFoundError(f"no {PATTERNS[family]} in {folder}: give the folder with --data")
        found += [Named(family, path.stem, path) for path in paths if not quick or path.stem == QUICK[family]]
    return found


def load_instance(named: Named) -> tuple[Instance, float | None]:
    """Return an instance and its best known cost; None where none is published."""
    text = named.path.read_text()
    if named.family == "kim":
        return read_kim(text, named.name), None
    if named.family == "carp":
        instance = read_carp(text, named.name)
        return instance, carp_best(text) if instance.best_known is None else instance.best_known
    return read_vrplib(text, named.name), solution_cost(named.path.with_suffix(".sol").read_text())


def solution_cost(text: str) -> float:
    """Return the cost that a published solution states.

    Raises
    ------
    ValueError
        Where it states none.
    """
    stated = re.search(r"^Cost:?\s+([0-9.]+)\s*$", text, re.MULTILINE)
    if stated is None:
        raise ValueError("solution: found no line 'Cost <number>', expected one")
    return float(stated.group(1))


def carp_best(text: str) -> float:
    """Return the upper bound, the last number of an arc routing file: the optimum where both bounds agree."""
    return float(text.split()[-1])
