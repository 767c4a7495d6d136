"""What the measurements need to know of a brigade, read from its region pack.

Used by the event stream. The pack's files are described in `docs/region-pack.md`; nothing of the service is
imported, and nothing is written.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Brigade:
    """Names and places of one area.

    Attributes
    ----------
    stations_en, zones_en
        Metres in the pack's CRS, shapes (stations, 2) and (zones, 2).
    homes
        Station index of each appliance.
    demand
        Share of all incidents in each zone; adds up to 1.
    """

    area: str
    kind: str
    stations: tuple[str, ...]
    stations_en: NDArray[np.float64]
    appliances: tuple[str, ...]
    homes: NDArray[np.int64]
    zones_en: NDArray[np.float64]
    demand: NDArray[np.float64]


def read_brigade(pack: Path) -> Brigade:
    """Read a region pack.

    Raises
    ------
    SystemExit
        Where the folder holds none, with what to do.
    """
    if not (pack / "region.json").is_file():
        raise SystemExit(f"{pack} holds no region pack; make one with `cover region build` or `region demo`")
    about = json.loads((pack / "region.json").read_text())
    demand = np.load(pack / "demand_per_h.npy").astype(np.float64)
    zones_en = np.load(pack / "zones.en.npy").astype(np.float64)
    by_zone = demand.sum(axis=tuple(range(demand.ndim - 1)))
    return Brigade(
        area=about["id"],
        kind=about["kinds"][0]["id"],
        stations=tuple(json.loads((pack / "stations.json").read_text())["ids"]),
        stations_en=np.load(pack / "stations.en.npy").astype(np.float64),
        appliances=tuple(json.loads((pack / "appliances.json").read_text())["ids"]),
        homes=np.load(pack / "appliances.home.npy").astype(np.int64),
        zones_en=zones_en,
        demand=by_zone / by_zone.sum(),
    )
