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
from tests.geo.councils import homes_at
from tests.services.process import CoverProcess, free_port
from tests.services.small_town import Town, clock, crews_at_work, wire

HOUR = 9.0
"""Of the day, when the tests begin."""
BROKEN = "RCV04"
AWAY = ("A21", "D21")
"""Stations whose appliances are all at an incident: round the council, so that smoke there asks for moves."""
SHOWN_WITHIN_MS = 60_000
PROPOSED_WITHIN_S = 5.0
"""The issue's own figure is a second; on a busy machine this one says only that nothing waits for anything.
What was measured is printed."""
BETTER_WITHIN_MS = 60_000
ANSWER_WITHIN_S = 60.0
FIGURES_WITHIN_MS = 3_000
"""Times and figures follow the rounds after a moment: for the screenshot only."""
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
        if region.stations.ids[home] in AWAY:
            data.append(ApplianceStatusChanged(id_, ApplianceStatus.MOBILISED, incident="BIG"))
    return [wire(region.id, one, clock(HOUR), f"brigade {n}") for n, one in enumerate(data)]


def post(service: CoverProcess, area: str, events: list[bytes]) -> None:
    answer = httpx.post(
        f"{service.url}/api/v1/areas/{area}/events",
        content=codec.encode_batch(events),
        headers={"Content-Type": "application/cloudevents-batch+json"},
        timeout=ANSWER_WITHIN_S,
    )
    assert answer.status_code == 202, answer.text


def get(service: CoverProcess, area: str, what: str) -> Json:
    answer = httpx.get(f"{service.url}/api/v1/areas/{area}/{what}", timeout=ANSWER_WITHIN_S)
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
    passed = [s for word in rounds[vehicle][: done[vehicle]] if (s := stop_of(word)) is not None]
    return vehicle, next(homes[0].uprn for stop in passed[2:] if (homes := homes_at(town.council, stop)))


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
    answer = httpx.post(f"{service.url}/open311/v2/requests.json", data=report, timeout=ANSWER_WITHIN_S)
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
    (kept,) = get(service, council, "day")["day"]["decisions"]
    changed = {v for v in after if after[v] != before[v]}
    assert vehicle in changed and changed == set(kept["vehicles"]), "more changed than was approved"
    told = httpx.get(f"{service.url}/open311/v2/requests/{request}.json", timeout=ANSWER_WITHIN_S).json()[0]
    assert told["status"] == "open" and told["address_id"] == uprn
    page.screenshot(path=SCREENSHOTS / "council-approved.png")

    csv, gpx = downloaded(page, "csv").decode(), downloaded(page, "gpx").decode()
    page.screenshot(path=SCREENSHOTS / "council-exports.png")
    assert [line for line in csv.splitlines() if stop in line and vehicle in line]
    assert stop in gpx and gpx.startswith("<?xml")
    sheet = downloaded(page, "pdf")
    (SCREENSHOTS / "council-sheets.pdf").write_bytes(sheet)
    assert sheet.startswith(b"%PDF-") and request in words_of_pdf(sheet)


def shown_again(service: CoverProcess, town: Town, card: Locator, page: Page, least: int) -> Json:
    """The final proposal on a card, asked for as a manager does; it has at least so many answers."""
    answers = card.locator("[data-testid^=option-]")
    expect(answers.first).to_be_visible(timeout=BETTER_WITHIN_MS)
    for _ in range(BETTER_WITHIN_MS // 200):
        if card.get_attribute("data-final") is not None:
            break
        if card.get_by_test_id("better-answer").is_visible():
            page.keyboard.press("n")
        page.wait_for_timeout(200)
    expect(card).to_have_attribute("data-final", "")
    proposal = proposal_now(service, town, card)
    shown = answers.evaluate_all("all => all.map(one => one.dataset.testid.slice('option-'.length))")
    assert shown == [option["key"] for option in proposal["options"]] and len(shown) >= least
    return proposal


def approve(page: Page, card: Locator, count: int) -> None:
    """Approve the chosen answer by key: so many approvals are in force then."""
    held = page.locator("[data-testid=decision][data-action=approve]:not([data-undone])")
    press_until(page, "a", lambda: held.count() == count)
    expect(card).to_have_count(0)


def test_a_breakdown_is_replanned_approved_undone_and_approved_again(
    service: CoverProcess, town: Town, page: Page
) -> None:
    council = town.council.id
    open_view(service, page, council, "rounds-map")
    day = get(service, council, "day")["day"]
    approvals = sum(one["action"] == "approve" for one in day["decisions"])
    done = {one["vehicle"]: one["done"] for one in day["rounds"]}
    before = rounds_now(service, town)
    broken = VehicleStatusChanged(BROKEN, VehicleStatus.BROKEN_DOWN)
    post(service, council, [wire(council, broken, clock(HOUR), "breakdown")])

    card = page.locator(f"[data-testid=change-card][data-key='breakdown:{BROKEN}']")
    card.click()
    proposal = shown_again(service, town, card, page, least=2)
    print(f"answers to the breakdown: {[option['key'] for option in proposal['options']]}")
    plans = [with_option(before, proposal, option["key"]) for option in proposal["options"]]
    assert all(plans[n] not in plans[:n] for n in range(len(plans))), "each answer is told once"
    assert proposal["options"][0]["key"] == "no_churn"
    left = {s for word in before[BROKEN][done[BROKEN] :] if (s := stop_of(word)) is not None}
    for option, plan in zip(proposal["options"], plans, strict=True):
        assert plan[BROKEN] == before[BROKEN][: done[BROKEN]]
        now = {s for v, words in plan.items() if v != BROKEN for w in words if (s := stop_of(w)) in left}
        assert now | {one["stop"] for one in option["unserved"]} == left and now
        assert all(one["words"] for one in option["unserved"])
    page.screenshot(path=SCREENSHOTS / "council-breakdown-same-crews.png")

    page.keyboard.press("2")
    second = proposal["options"][1]["key"]
    expect(card.get_by_test_id(f"option-{second}")).to_have_attribute("aria-checked", "true")
    page.screenshot(path=SCREENSHOTS / "council-breakdown-second-answer.png")
    approve(page, card, approvals + 1)
    assert rounds_now(service, town) == plans[1]

    undone = page.locator("[data-testid=decision][data-undone]")
    press_until(page, "u", lambda: undone.count() == 1)
    expect(card).to_have_count(1)
    assert rounds_now(service, town) == before
    page.screenshot(path=SCREENSHOTS / "council-undone.png")

    card.click()
    version = proposal["day_version"] + 2
    renewed = f"breakdown-{BROKEN}-{version}"
    expect(card).to_have_attribute("data-proposal", renewed, timeout=BETTER_WITHIN_MS)
    again = shown_again(service, town, card, page, least=2)
    assert again["day_version"] == version
    approve(page, card, approvals + 1)
    chosen = [d for d in get(service, council, "day")["day"]["decisions"] if d["action"] == "approve"][-1]
    assert rounds_now(service, town) == with_option(before, again, chosen["option"])
    left_out = next(o for o in again["options"] if o["key"] == chosen["option"])["unserved"]
    if left_out:
        expect(page.get_by_test_id("unserved-today")).to_contain_text(f"{len(left_out)} ")
    expect(page.get_by_test_id("vehicles")).to_have_text("3")
    page.wait_for_timeout(FIGURES_WITHIN_MS)
    page.screenshot(path=SCREENSHOTS / "council-approved-again.png")


def proven_plan(service: CoverProcess, town: Town, page: Page, raised: bool) -> Json:
    """The brigade's plan once it is proven, with demand raised or as usual."""
    for _ in range(300):
        plan: Json | None = get(service, town.region.id, "cover")["plan"]
        if plan and plan["certificate"] == "proven" and (plan["demand_raised"] is not None) == raised:
            return plan
        page.wait_for_timeout(100)
    raise AssertionError(f"no proven plan with raised demand: {raised}; {str(plan)[:500]}")


def moves_of(plan: Json) -> list[str]:
    return [move["move_id"] for move in plan["moves"]]


def only_street(town: Town) -> str:
    """The first by name of the council's streets that no other is called like."""
    gazetteer = town.council.gazetteer()
    names = sorted(set(town.council.streets.names))
    return next(name for name in names if len(gazetteer.streets_named(name)) == 1)


SMOKE = (
    "Thick black smoke and flames coming out of a house on {}, somebody call the fire brigade!",
    "huge fire on {} right now, flames out of the windows",
    "Can see a lot of smoke over {}, smells like a house is burning",
    "house on fire in {}!! smoke everywhere",
    "{} is full of smoke, the roof is burning, stay away",
)


def test_smoke_raises_an_unconfirmed_cluster_and_dismissing_it_restores_the_plan(
    service: CoverProcess, town: Town, page: Page
) -> None:
    fleet, stations = town.region.appliances, town.region.stations
    last = stations.ids[int(fleet.home[-1])]
    heard = ApplianceStatusChanged(fleet.ids[-1], ApplianceStatus.AVAILABLE, station=last)
    post(service, town.region.id, [wire(town.region.id, heard, clock(HOUR), "heard again")])
    open_view(service, page, town.region.id, "map")
    quiet = proven_plan(service, town, page, raised=False)
    assert quiet["moves"]
    expect(page.get_by_test_id("clusters")).to_be_hidden()
    expect(page.get_by_test_id("demand-raised")).to_be_hidden()

    street, at = only_street(town), clock(HOUR).isoformat()
    posts = [
        {"id": f"p{n}", "text": text.format(street), "handle": f"@p{n}", "created_at": at}
        for n, text in enumerate(SMOKE)
    ]
    path = f"{service.url}/api/v1/areas/{town.council.id}/feedback"
    answer = httpx.post(path, json={"posts": posts}, timeout=ANSWER_WITHIN_S)
    assert answer.status_code == 202 and answer.json()["by_category"] == {"smoke_or_fire": len(SMOKE)}
    card = page.get_by_test_id("cluster-card")
    expect(card).to_have_attribute("data-status", "unconfirmed", timeout=SHOWN_WITHIN_MS)
    expect(card).to_have_attribute("data-counted", "", timeout=SHOWN_WITHIN_MS)
    expect(page.get_by_test_id("cluster-mark")).to_be_visible()
    expect(page.get_by_test_id("demand-raised")).to_be_visible()
    smoky = proven_plan(service, town, page, raised=True)
    (counted,) = smoky["demand_raised"]["clusters"]
    assert counted["cluster"] == card.get_attribute("data-cluster") and counted["extra_per_h"] > 0
    assert smoky["before"]["risk"] > quiet["before"]["risk"] and smoky["after"] != quiet["after"]
    assert moves_of(smoky) != moves_of(quiet), "another move is best where somebody sees smoke"
    page.screenshot(path=SCREENSHOTS / "smoke-unconfirmed.png")

    page.keyboard.press("s")
    expect(card).to_have_attribute("aria-current", "true")
    page.screenshot(path=SCREENSHOTS / "smoke-selected.png")
    press_until(page, "d", lambda: card.get_attribute("data-status") == "dismissed")
    expect(page.get_by_test_id("demand-raised")).to_be_hidden(timeout=SHOWN_WITHIN_MS)
    restored = proven_plan(service, town, page, raised=False)
    for part in ("before", "after", "objective"):
        assert restored[part] == quiet[part]
    assert moves_of(restored) == moves_of(quiet)
    page.screenshot(path=SCREENSHOTS / "smoke-dismissed.png")
