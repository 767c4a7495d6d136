"""What changed in a simulated brigade, and when: the output of `Brigade.advance`.

Read by the feeds, which turn each into an event. Never changes anything itself.
"""

from dataclasses import dataclass
from typing import Literal

ApplianceStatus = Literal["available", "mobilised", "at_incident", "returning", "relocating"]
IncidentAction = Literal["opened", "updated", "stopped"]


@dataclass(frozen=True, slots=True)
class ApplianceTransition:
    """An appliance takes a new status.

    Parameters
    ----------
    at_s
        Simulated seconds.
    appliance
        Index.
    status
        `available` at a station, `mobilised` and on its way, `at_incident`, `returning` home and available
        by radio, or `relocating` and available by radio.
    station
        Where it stands or is heading; None for mobilised and at_incident.
    incident
        What it is committed to; None otherwise.
    depart_s
        When its wheels turn: the turnout later than `at_s` where the crew was in the station.
    expected_at_s
        Arrival (mobilised, returning, relocating) or release (at_incident); None when available.
    """

    at_s: float
    appliance: int
    status: ApplianceStatus
    station: int | None
    incident: str | None
    depart_s: float
    expected_at_s: float | None


@dataclass(frozen=True, slots=True)
class IncidentTransition:
    """An incident opens, changes or stops.

    Parameters
    ----------
    at_s
        Simulated seconds.
    incident
        Its name.
    action
        What happened to it.
    required
        Appliances wanted of each kind, now.
    expected_stop_s
        When its appliances are expected to leave; None before the first has arrived.
    first_s, second_s
        For `opened`: modelled attendance times of the two appliances that could have been there first, of
        the first kind asked for, out of those available at the moment of the call; None where there is no
        such appliance, and for other actions.
    """

    at_s: float
    incident: str
    action: IncidentAction
    required: tuple[int, ...]
    expected_stop_s: float | None
    first_s: float | None = None
    second_s: float | None = None


Transition = ApplianceTransition | IncidentTransition
