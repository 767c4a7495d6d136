"""The incidents of one area while events are folded in, and when each of them may be forgotten.

Kept by `services.picture.PictureDraft`. Knows the rules of remembering and forgetting incidents; never looks
at appliances or decisions, and never changes a dict it has given out.
"""

import heapq
from datetime import datetime

from services.appliance_state import Key
from services.incident_state import IncidentState, with_event
from streams.events import IncidentOpened, IncidentStopped, IncidentUpdated

SLACK = 1_000
"""Entries of the index that may be out of date before it is built anew (beside one for each incident): the
work of building is shared among as many words, and the index stays of the size of what is remembered."""


class IncidentBook:
    """Incidents by id, copied when next changed after they were given out."""

    def __init__(self, incidents: dict[str, IncidentState]) -> None:
        self._incidents = incidents
        self._given = True
        self._due: list[tuple[datetime, str]] | None = None
        """A heap of when an incident may be forgotten. Entries that no longer hold are left in it and seen
        through when their time comes; None until first asked for."""

    def given(self) -> dict[str, IncidentState]:
        """The incidents as they are; never changed from now on, a later word changes a copy."""
        self._given = True
        return self._incidents

    def take(self, data: IncidentOpened | IncidentUpdated | IncidentStopped, key: Key) -> bool:
        """Fold an incident event; whether it changed anything."""
        known = self._incidents.get(data.incident)
        state = with_event(known or IncidentState(id=data.incident), data, key)
        if state is known:
            return False
        self._own()[state.id] = state
        self._note(state)
        return True

    def forget(self, oldest: datetime) -> list[str]:
        """Drop what was stopped, or last heard of without ever being opened, before `oldest`."""
        due = self._due if self._due is not None else self._index()
        gone: list[str] = []
        while due and due[0][0] < oldest:
            _, id_ = heapq.heappop(due)
            state = self._incidents.get(id_)
            at = None if state is None else state.due_from
            if at is not None and at < oldest:
                del self._own()[id_]
                gone.append(id_)
        return gone

    def _own(self) -> dict[str, IncidentState]:
        if self._given:
            self._incidents, self._given = self._incidents.copy(), False
        return self._incidents

    def _note(self, state: IncidentState) -> None:
        at = state.due_from
        if at is None or self._due is None:
            return
        heapq.heappush(self._due, (at, state.id))
        if len(self._due) > 2 * len(self._incidents) + SLACK:
            self._index()

    def _index(self) -> list[tuple[datetime, str]]:
        due = [(at, id_) for id_, state in self._incidents.items() if (at := state.due_from) is not None]
        heapq.heapify(due)
        self._due = due
        return due
