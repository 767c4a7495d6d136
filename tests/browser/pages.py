"""What the tests in Chromium share: where screenshots are kept, and a key pressed until it has an effect."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.shared_data import ROOT

SCREENSHOTS = ROOT / "var" / "screenshots"


def press_until(page: Page, key: str, done: Callable[[], bool], times: int = 5) -> None:
    """Press a key until it has taken effect: the console refuses one while its picture is stale."""
    for _ in range(times):
        page.keyboard.press(key)
        for _ in range(30):
            if done():
                return
            page.wait_for_timeout(100)
    raise AssertionError(f"key {key!r} had no effect in {times} presses")
