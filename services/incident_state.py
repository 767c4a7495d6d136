"""What is known of one incident, as registers that each keep the newest word.

Used by `services.picture`. Pure: folding in any order gives the same state; an update or a stop that
overtakes its opening is kept and takes effect.
"""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from services.appliance_state import Key
from streams.events import IncidentCategory, IncidentOpened, IncidentStopped, IncidentUpdated


class Opening(Struct, frozen=True, gc=False):
    """What the opening said."""

    category: IncidentCategory
    easting_m: float
    northing_m: float
    at: datetime


class IncidentState(Struct, frozen=True, gc=False):
    """One incident; `opening` is None while only later words of it have come in."""

    id: str
    opening: Opening | None = None
    opening_key: Key | None = None
    required: dict[str, int] = {}
    required_key: Key | None = None
    expected_stop: datetime | None = None
    expected_key: Key | None = None
    stopped_at: datetime | None = None

    @property
    def last_word_at(self) -> datetime | None:
        """Time of the newest word of an incident that was never opened; None once it was."""
        if self.opening is not None:
            return None
        times = [key[0] for key in (self.required_key, self.expected_key) if key is not None]
        return max(times if self.stopped_at is None else [*times, self.stopped_at], default=None)

    @property
    def due_from(self) -> datetime | None:
        """From when on its age counts towards being forgotten; None while it is open.

        An incident never opened is no younger than its stop: of the two the stop is never the later one.
        """
        return self.stopped_at if self.stopped_at is not None else self.last_word_at

    @property
    def open(self) -> bool:
        """Whether it has been opened and not stopped."""
        return self.opening is not None and self.stopped_at is None


def with_event(
    state: IncidentState, data: IncidentOpened | IncidentUpdated | IncidentStopped, key: Key
) -> IncidentState:
    """Fold an incident event; a stop is final."""
    if isinstance(data, IncidentStopped):
        first = state.stopped_at is None or key[0] < state.stopped_at
        return replace(state, stopped_at=key[0]) if first else state
    changes: dict[str, object] = {}
    if type(data) is IncidentOpened and (state.opening_key is None or key > state.opening_key):
        changes["opening"] = Opening(data.category, data.easting_m, data.northing_m, key[0])
        changes["opening_key"] = key
    if data.appliances_required is not None and (state.required_key is None or key > state.required_key):
        changes["required"], changes["required_key"] = data.appliances_required, key
    if data.expected_stop is not None and (state.expected_key is None or key > state.expected_key):
        changes["expected_stop"], changes["expected_key"] = data.expected_stop, key
    return replace(state, **changes) if changes else state
