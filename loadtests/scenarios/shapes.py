"""Locust's hook for the curve that was chosen, see `curve`.

Imported by every scenario, so that Locust finds it there.
"""

from locust import LoadTestShape

from loadtests.scenarios.curve import chosen


class ChosenShape(LoadTestShape):
    """Locust's hook: asked once a second."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._curve = chosen()

    def tick(self) -> tuple[int, float] | None:
        """Users now, and how many may come or go in a second."""
        users = self._curve.at(self.get_run_time())  # type: ignore[no-untyped-call]
        return None if users is None else (users, float(max(self._curve.users, 1)))
