"""A dict that is copied when it is next changed after it was given out.

Used by the day's draft: what was read stays as it was, and what did not change is the same object.
"""

from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """Values by name.

    Attributes
    ----------
    now
        As they are; to be read only.
    """

    def __init__(self, given: dict[str, T]) -> None:
        self.now = given
        self._given = True

    def give(self) -> dict[str, T]:
        """The values; never changed from now on."""
        self._given = True
        return self.now

    def put(self, name: str, value: T) -> bool:
        """Set a value; whether that changed anything."""
        known = self.now.get(name)
        if known is value or (known is not None and known == value):
            return False
        self._own()[name] = value
        return True

    def drop(self, names: Iterable[str]) -> bool:
        """Take values out; whether any was there."""
        there = [name for name in names if name in self.now]
        for name in there:
            del self._own()[name]
        return bool(there)

    def replace(self, values: dict[str, T]) -> None:
        """Take other values altogether."""
        self.now, self._given = values, True

    def _own(self) -> dict[str, T]:
        if self._given:
            self.now, self._given = self.now.copy(), False
        return self.now
