"""A seeded stream of one area's events with a given number of incidents remembered, for benchmarks.

Called by `services.benchmarks.fold_bench`. A quarter openings, a quarter stops, the rest appliances' words;
incidents lie about the zones as the demand does.
"""

from datetime import UTC, datetime, timedelta

import numpy as np

from geo.region import Region
from services.picture import HORIZON
from streams import codec
from streams.events import (
    AppliancePosition,
    ApplianceStatus,
    ApplianceStatusChanged,
    EventData,
    IncidentCategory,
    IncidentOpened,
    IncidentStopped,
)

START = datetime(2025, 6, 6, tzinfo=UTC)
ROUND = 8
"""Events of two incidents: opened, an appliance sent, its position or its coming home, the stop."""
LASTS = timedelta(hours=1)
SPREAD_M = 400.0
"""How far from its zone's point an incident lies, either way."""


def busy_day(region: Region, events: int, remembered: int, seed: int) -> list[bytes]:
    """Encoded events, evenly spaced so that after `warm_up` of them some `remembered` incidents are held."""
    rng = np.random.default_rng(seed)
    demand = region.demand_per_h.sum(axis=(0, 1), dtype=np.float64)
    zones = rng.choice(len(demand), events // 4 + 1, p=demand / demand.sum())
    places = (region.zones.en[zones] + rng.uniform(-SPREAD_M, SPREAD_M, (len(zones), 2))).tolist()
    step = HORIZON / (remembered * 4)
    wires = []
    for i in range(events):
        at = START + i * step
        data = _word(region, i, places[i // 4], at)
        wires.append(codec.encode(data, id=f"e{i}", source="/benchmark", area=region.id, time=at))
    return wires


def warm_up(remembered: int) -> int:
    """How many events it takes until as many are forgotten as come in."""
    return 4 * remembered + 4 * ROUND


def _word(region: Region, i: int, place: list[float], at: datetime) -> EventData:
    incident, kind = f"I{i // 4}", i % ROUND
    appliance = region.appliances.ids[i // 4 % len(region.appliances.ids)]
    if kind in (0, 4):
        needed = {region.kinds[0].id: 2}
        return IncidentOpened(incident, IncidentCategory.FIRE, place[0], place[1], needed, at + LASTS)
    if kind in (1, 5):
        return ApplianceStatusChanged(appliance, ApplianceStatus.MOBILISED, incident=incident)
    if kind == 2:
        return AppliancePosition(appliance, place[0], place[1])
    if kind == 6:
        station = region.stations.ids[i // 4 % len(region.stations.ids)]
        return ApplianceStatusChanged(appliance, ApplianceStatus.AVAILABLE, station)
    return IncidentStopped(incident)
