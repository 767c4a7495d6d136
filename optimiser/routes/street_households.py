"""Households to collect from, and how much of them one stop may be.

Part of the building of rounds from streets. Never knows a street.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimiser.routes.arrays import FloatArray, RouteInputError


@dataclass(frozen=True, slots=True, eq=False)
class Households:
    """N addresses to collect from, of K materials.

    Parameters
    ----------
    ids
        Names (UPRNs, say), N of them, each once.
    en
        Places, (N, 2) metres of the region's CRS.
    load
        What is put out of each material, (N, K), each >= 0.
    service_s
        Work of the crew there, walking included, (N,), >= 0.
    unserved_cost
        Price of leaving it unserved, (N,), >= 0.

    Raises
    ------
    RouteInputError
        Naming the field, the value and what would be right.
    """

    ids: tuple[str, ...]
    en: FloatArray
    load: FloatArray
    service_s: FloatArray
    unserved_cost: FloatArray

    def __post_init__(self) -> None:
        """Check lengths and ranges."""
        count = len(self.ids)
        if len(set(self.ids)) != count:
            raise RouteInputError("households.ids", "an id twice", "each id once")
        if self.load.ndim != 2 or not self.load.shape[1]:
            raise RouteInputError("households.load", self.load.shape, f"shape ({count}, K), K at least 1")
        shapes = {"en": (count, 2), "load": (count, self.load.shape[1])}
        for name in ("en", "load", "service_s", "unserved_cost"):
            values = getattr(self, name)
            if values.shape != shapes.get(name, (count,)):
                raise RouteInputError(
                    f"households.{name}", values.shape, f"shape {shapes.get(name, (count,))}"
                )
            bad = ~np.isfinite(values) | ((values < 0) & (name != "en"))
            if bad.any():
                raise RouteInputError(
                    f"households.{name} of {self.ids[int(np.argwhere(bad)[0][0])]}",
                    values[bad][0],
                    "a finite number" + ("" if name == "en" else " of 0 or more"),
                )

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.ids)


@dataclass(frozen=True, slots=True, eq=False)
class StopBounds:
    """How much one stop may be, so that a full vehicle can turn away between two of them.

    Parameters
    ----------
    max_load
        Of each material, (K,), above 0; inf for no bound.
    max_work_s
        Of the households' work together, above 0; inf for no bound. The drive along the street comes on top.
    max_away_m
        Farther from every street, a household is not placed, above 0.
    """

    max_load: FloatArray
    max_work_s: float
    max_away_m: float = 150.0


def check_bounds(households: Households, bounds: StopBounds) -> None:
    """Raise RouteInputError where a bound is not above 0 or a household alone is above it."""
    if bounds.max_load.shape != households.load.shape[1:]:
        raise RouteInputError(
            "bounds.max_load", bounds.max_load.shape, f"shape {households.load.shape[1:]}, one per material"
        )
    for name, value in (("max_load", bounds.max_load), ("max_work_s", np.array([bounds.max_work_s]))):
        if not (value > 0).all():
            raise RouteInputError(f"bounds.{name}", value[~(value > 0)][0], "a number above 0")
    for name, amount, most in (
        ("load", households.load, bounds.max_load),
        ("service_s", households.service_s[:, None], np.array([bounds.max_work_s])),
    ):
        over = amount > most
        if over.any():
            at, material = (int(i) for i in np.argwhere(over)[0])
            raise RouteInputError(
                f"households.{name} of {households.ids[at]}",
                amount[at, material],
                f"at most {most[material]}, the bound of one stop",
            )
