"""The operator's console in a real Chromium on the live demo: see, accept, watch it carried out.

Started as a newcomer starts it (`cover demo`); keeps screenshots under var/screenshots.
"""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.pages import SCREENSHOTS, press_until
from tests.services.process import COVER, CoverProcess, free_port
from tests.shared_data import ROOT

RECOMMENDED_WITHIN_MS = 60_000
"""The issue's own figure: an operator sees a recommendation within a minute of opening the page."""
CARRIED_OUT_WITHIN_MS = 240_000
"""A move of 30 simulated minutes takes 3 real ones at the demo's speed."""

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh demo city of full size."""
    pack = tmp_path_factory.mktemp("packs") / "city"
    subprocess.run([*COVER, "region", "demo", str(pack)], check=True, cwd=ROOT, timeout=300)
    return pack


def demo_process(city: Path, log: Path) -> CoverProcess:
    port = free_port()
    return CoverProcess(["demo", "--region", str(city), "--port", str(port)], port, log)


@pytest.fixture(scope="module")
def demo(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CoverProcess]:
    """The live demo on a fresh demo city."""
    folder = tmp_path_factory.mktemp("demo")
    service = demo_process(city, folder / "demo.log")
    service.start()
    yield service
    service.kill()


def appliance_now(url: str, appliance: str) -> dict[str, object]:
    picture = httpx.get(f"{url}/api/v1/areas/demo/picture", timeout=10).json()
    found: dict[str, object] = next(a for a in picture["appliances"] if a["id"] == appliance)
    return found


def decisions_now(url: str) -> list[dict[str, object]]:
    picture = httpx.get(f"{url}/api/v1/areas/demo/picture", timeout=10).json()
    return list(picture["decisions"])


def test_operator_accepts_a_move_and_sees_it_carried_out(demo: CoverProcess, page: Page) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    opened = time.monotonic()
    page.goto(demo.url)
    expect(page.get_by_test_id("map")).to_have_attribute("data-ready", "true", timeout=RECOMMENDED_WITHIN_MS)
    left = RECOMMENDED_WITHIN_MS - (time.monotonic() - opened) * 1000
    expect(page.get_by_test_id("move").first).to_be_visible(timeout=left)
    assert "%" in page.get_by_test_id("cover-first").inner_text()
    assert "%" in page.get_by_test_id("cover-second").inner_text()
    page.screenshot(path=SCREENSHOTS / "recommendation.png")

    page.keyboard.press("1")
    move = page.get_by_test_id("move").first
    move_id = move.get_attribute("data-move-id")
    assert move_id
    appliance, station = move_id.split(">")
    row = page.get_by_test_id("decision").filter(has_text=appliance).first
    press_until(page, "a", lambda: row.is_visible())
    page.wait_for_function(
        "id => [...document.querySelectorAll('[data-testid=move]')]"
        ".some(m => m.dataset.moveId === id && ['told', 'on_the_way', 'arrived'].includes(m.dataset.state))",
        arg=move_id,
        timeout=60_000,
    )
    page.screenshot(path=SCREENSHOTS / "on-the-way.png")
    give_up = time.monotonic() + CARRIED_OUT_WITHIN_MS / 1000
    now = appliance_now(demo.url, appliance)
    while time.monotonic() < give_up and not (now["status"] == "available" and now["station"] == station):
        assert now["status"] in {"available", "relocating"}, f"it was called away: {now}"
        time.sleep(1)
        now = appliance_now(demo.url, appliance)
    assert (now["status"], now["station"]) == ("available", station)
    page.screenshot(path=SCREENSHOTS / "carried-out.png")


def test_reject_needs_a_reason_and_takes_the_move_away(demo: CoverProcess, page: Page) -> None:
    page.goto(demo.url)
    expect(page.get_by_test_id("map")).to_have_attribute("data-ready", "true", timeout=RECOMMENDED_WITHIN_MS)
    expect(page.get_by_test_id("move").first).to_be_visible(timeout=RECOMMENDED_WITHIN_MS)
    page.keyboard.press("1")
    move_id = page.get_by_test_id("move").first.get_attribute("data-move-id")
    reasons = page.get_by_test_id("reject-reasons")
    press_until(page, "r", lambda: reasons.is_visible())
    press_until(page, "2", lambda: not reasons.is_visible())
    give_up = time.monotonic() + 20
    rejected: list[dict[str, object]] = []
    while time.monotonic() < give_up and not rejected:
        picture = httpx.get(f"{demo.url}/api/v1/areas/demo/picture", timeout=10).json()
        rejected = [d for d in picture["decisions"] if d["move_id"] == move_id and d["action"] == "reject"]
        time.sleep(0.2)
    assert rejected
    assert rejected[-1]["reason"]
    cover = httpx.get(f"{demo.url}/api/v1/areas/demo/cover", timeout=10).json()
    assert move_id not in {m["move_id"] for m in cover["plan"]["moves"]}


def open_console(demo: CoverProcess, page: Page) -> None:
    """Open the console and wait until it shows the map and a recommendation."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.goto(demo.url)
    expect(page.get_by_test_id("map")).to_have_attribute("data-ready", "true", timeout=RECOMMENDED_WITHIN_MS)
    expect(page.get_by_test_id("moves").get_by_test_id("move").first).to_be_visible(
        timeout=RECOMMENDED_WITHIN_MS
    )


def listed_moves(page: Page) -> list[str]:
    ids = (
        page.get_by_test_id("moves")
        .get_by_test_id("move")
        .evaluate_all("cards => cards.map(c => c.dataset.moveId)")
    )
    return [str(id_) for id_ in ids]


def test_fewer_moves_are_previewed_and_can_be_accepted(demo: CoverProcess, page: Page) -> None:
    open_console(demo, page)
    preview = page.get_by_test_id("preview")
    none = page.get_by_test_id("frontier-choice").and_(page.locator("[data-moves='0']"))
    none.click()
    expect(preview).to_be_visible()
    expect(preview).to_contain_text("Not the recommended plan")
    expect(page.get_by_test_id("moves").get_by_test_id("move")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(preview).to_be_hidden()
    assert listed_moves(page)

    one = page.get_by_test_id("frontier-choice").and_(page.locator("[data-moves='1']"))
    assert one.get_attribute("aria-label")
    one.click()
    expect(page.get_by_test_id("moves").get_by_test_id("move")).to_have_count(1)
    page.screenshot(path=SCREENSHOTS / "preview.png")
    move_id = listed_moves(page)[0]
    appliance = move_id.split(">")[0]
    row = page.get_by_test_id("decision").filter(has_text=appliance).first
    press_until(page, "a", lambda: row.is_visible())
    picture = httpx.get(f"{demo.url}/api/v1/areas/demo/picture", timeout=10).json()
    assert move_id in {d["move_id"] for d in picture["decisions"] if d["action"] == "accept"}
    assert listed_moves(page) == [move_id], "a previewed choice is not swapped from under the cursor"
    page.keyboard.press("Escape")
    expect(preview).to_be_hidden()


def test_next_best_plans_are_named_priced_and_previewed(demo: CoverProcess, page: Page) -> None:
    open_console(demo, page)
    alternative = page.get_by_test_id("alternative").first
    expect(alternative).to_be_visible(timeout=RECOMMENDED_WITHIN_MS)
    assert alternative.inner_text().strip()
    # A row pressed just as a newer plan is worked out may be gone with it: then it is pressed again.
    for _ in range(5):
        alternative.click()
        page.wait_for_timeout(1_000)
        if page.get_by_test_id("preview").is_visible():
            break
    expect(page.get_by_test_id("preview")).to_be_visible()
    alternative = page.get_by_test_id("alternative").and_(page.locator("[aria-pressed='true']"))
    expect(alternative).to_have_attribute("aria-pressed", "true")
    previewed = listed_moves(page)
    page.screenshot(path=SCREENSHOTS / "next-best.png")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("preview")).to_be_hidden()
    assert sorted(listed_moves(page)) != sorted(previewed)
    press_until(page, "b", lambda: page.get_by_test_id("preview").is_visible())
    page.keyboard.press("Escape")


def test_what_if_stands_beside_the_live_advice(demo: CoverProcess, page: Page) -> None:
    open_console(demo, page)
    panel, answer = page.get_by_test_id("what-if"), page.get_by_test_id("what-if-answer")
    page.keyboard.press("i")
    expect(panel).to_be_visible()
    box = page.get_by_test_id("map").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.5)
    expect(answer).to_contain_text("4 pumps needed", timeout=20_000)
    page.keyboard.press("8")
    expect(page.get_by_test_id("need-pump")).to_have_text("8")
    expect(answer).to_contain_text("8 pumps needed", timeout=20_000)
    expect(answer.get_by_test_id("mobilising-choice").first).to_be_visible()
    expect(page.get_by_test_id("what-if-state")).to_contain_text("for the picture of")
    assert answer.locator("tbody td").count() == 6
    page.screenshot(path=SCREENSHOTS / "what-if.png")

    assert listed_moves(page), "the live advice stays"
    decided = len(decisions_now(demo.url))
    page.keyboard.press("a")
    expect(page.get_by_role("status").filter(has_text="A what-if is open")).to_be_visible()
    assert len(decisions_now(demo.url)) == decided, "no key decides beside a what-if"
    page.keyboard.press("b")
    page.wait_for_timeout(500)
    expect(page.get_by_test_id("preview")).to_be_hidden()
    picture = httpx.get(f"{demo.url}/api/v1/areas/demo/picture", timeout=10).json()
    assert "what-if" not in {i["id"] for i in picture["incidents"]}
    cover = httpx.get(f"{demo.url}/api/v1/areas/demo/cover", timeout=10).json()
    assert cover["plan"]["plan_id"] != "what-if"

    page.keyboard.press("z")
    expect(page.get_by_test_id("map-sign")).to_contain_text("not live")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.get_by_test_id("map-sign")).to_be_hidden()


def test_what_if_an_appliance_went_off_the_run(demo: CoverProcess, page: Page) -> None:
    open_console(demo, page)
    page.get_by_test_id("what-if-button").click()
    panel, answer = page.get_by_test_id("what-if"), page.get_by_test_id("what-if-answer")
    panel.get_by_role("radio", name="Off the run").click()
    expect(panel.get_by_placeholder("Callsign")).to_be_focused()
    picture = httpx.get(f"{demo.url}/api/v1/areas/demo/picture", timeout=10).json()
    callsign = next(a["id"] for a in picture["appliances"] if a["status"] == "available")
    panel.get_by_placeholder("Callsign").fill("no such")
    page.keyboard.press("Enter")
    expect(panel.get_by_role("alert").filter(has_text="no such")).to_be_visible()
    panel.get_by_placeholder("Callsign").fill(callsign.lower())
    page.keyboard.press("Enter")
    expect(answer).to_contain_text(f"{callsign} off the run", timeout=20_000)

    page.route("**/what-if", lambda route: route.abort())
    page.get_by_test_id("what-if-ask").click()
    expect(page.get_by_test_id("what-if-failure")).to_contain_text("cannot be reached")
    expect(answer).to_contain_text(callsign)
    page.unroute("**/what-if")
    page.get_by_test_id("what-if-ask").click()
    expect(page.get_by_test_id("what-if-failure")).to_be_hidden(timeout=20_000)
    page.get_by_test_id("what-if-close").click()
    expect(panel).to_be_hidden()


def test_console_says_so_when_the_service_is_gone_and_comes_back(
    city: Path, tmp_path: Path, browser: Browser
) -> None:
    demo = demo_process(city, tmp_path / "demo.log")
    demo.start()
    try:
        page = browser.new_page()
        page.goto(demo.url)
        expect(page.get_by_test_id("cover-first")).to_contain_text("%", timeout=RECOMMENDED_WITHIN_MS)
        demo.kill()
        expect(page.get_by_test_id("banner")).to_be_visible(timeout=20_000)
        assert "%" in page.get_by_test_id("cover-first").inner_text(), "the last good picture stays"
        demo.start()
        expect(page.get_by_test_id("banner")).to_be_hidden(timeout=60_000)
        page.close()
    finally:
        demo.kill()
