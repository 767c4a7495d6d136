"""The reader: a post becomes a signal without a word of it, at street level, or is ignored with a reason."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from geo.coordinates import to_wgs84
from geo.gazetteer import Property, StreetHit
from optimiser.feedback.classifier import FeedbackModel, shipped_model
from services.feed.council_posts import TEXTS, CouncilPosts
from services.feedback.corrections import RecentWords
from services.feedback.places import GRID_M, PlaceFinder
from services.feedback.post import Ignored, Post
from services.feedback.reader import FeedbackReader
from services.pseudonyms import Pseudonyms
from streams.council_events import FeedbackSignal

NOW = datetime(2025, 6, 6, 10, 7, 31, tzinfo=UTC)
WEST, SOUTH = 400_000.0, 300_000.0
BOUNDS = (WEST, SOUTH, WEST + 10_000, SOUTH + 10_000)
STREETS = {
    "Alder Road": (("ST1",), 2_000.0, 2_000.0, 200.0),
    "Mill Lane": (("ST2", "ST3"), 5_000.0, 5_000.0, 900.0),
    "the lido": ((), 2_050.0, 2_050.0, 60.0),
    "Far Street": (("ST9",), 9_000.0, 9_000.0, 100.0),
    "Grand Avenue": (("ST8",), 5_000.0, 5_000.0, 9_000.0),
}


@dataclass
class Town:
    """A gazetteer of a few names and one property."""

    def streets_named(self, text: str) -> list[StreetHit]:
        hits = [
            StreetHit(name, ids, WEST + x, SOUTH + y, extent, text.find(name), text.find(name) + len(name))
            for name, (ids, x, y, extent) in STREETS.items()
            if name in text
        ]
        return sorted(hits, key=lambda hit: hit.start)

    def by_uprn(self, uprn: str) -> Property | None:
        return self._house() if uprn == "100" else None

    def nearest(self, easting_m: float, northing_m: float, within_m: float) -> Property | None:
        house = self._house()
        near = abs(easting_m - house.easting_m) + abs(northing_m - house.northing_m) <= within_m
        return house if near else None

    def _house(self) -> Property:
        return Property("100", WEST + 2_017, SOUTH + 2_031, "12 Alder Road", "ST1", "S00001")


@pytest.fixture(scope="session")
def model() -> FeedbackModel:
    return shipped_model()


@pytest.fixture
def reader(model: FeedbackModel) -> FeedbackReader:
    town = Town()
    finder = PlaceFinder((town,), town, BOUNDS, "EPSG:27700")
    return FeedbackReader(model, finder, Pseudonyms("k" * 16), RecentWords())


def lonlat(x: float, y: float) -> dict[str, float]:
    lon, lat = to_wgs84([WEST + x, SOUTH + y])
    return {"lon": float(lon), "lat": float(lat)}


def post(text: str, **more: object) -> Post:
    given = {"id": "p1", "text": text, "created_at": NOW.isoformat(), "handle": "@jane"} | more
    return msgspec.convert(given, Post)


def one(reader: FeedbackReader, text: str, **more: object) -> FeedbackSignal | Ignored:
    (found,) = reader.read([post(text, **more)], NOW)
    return found


def signal(reader: FeedbackReader, text: str, **more: object) -> FeedbackSignal:
    found = one(reader, text, **more)
    assert isinstance(found, FeedbackSignal), found
    return found


SMOKE = "thick black smoke and flames from a house on Alder Road"


def test_a_post_becomes_a_coarse_signal(reader: FeedbackReader) -> None:
    found = signal(reader, SMOKE)
    assert found.category.value == "smoke_or_fire" and found.street == "ST1"
    assert (found.easting_m, found.northing_m, found.uncertainty_m) == (WEST + 2_000, SOUTH + 2_000, 200)
    assert found.seen_at == datetime(2025, 6, 6, 10, 5, tzinfo=UTC)
    assert msgspec.json.decode(msgspec.json.encode(found), type=FeedbackSignal) == found


def test_nothing_of_the_post_is_in_the_signal(reader: FeedbackReader) -> None:
    text = f"{SMOKE}, call Jane Doe on 07700 900123 or jane@example.org, 12 Alder Road, NE1 4XQ @council"
    more = {
        "author": "Jane Doe",
        "handle": "@janedoe99",
        "media": ["https://pics.example/1"],
        "id": "post-77",
    }
    kept = msgspec.json.encode(signal(reader, text, **more)).decode().lower()
    for secret in ("jane", "doe", "07700", "900123", "example", "ne1", "post-77", "flames", "council"):
        assert secret not in kept
    assert "flames" not in repr(post(text, **more))


def test_same_post_same_name_and_one_person_one_pseudonym_a_week(reader: FeedbackReader) -> None:
    first, again = signal(reader, SMOKE), signal(reader, SMOKE)
    assert first == again
    other = signal(reader, SMOKE, id="p2", handle=" @JANE ")
    assert other.signal != first.signal and other.reporter == first.reporter
    assert signal(reader, SMOKE, id="p3", handle="@tom").reporter != first.reporter
    assert signal(reader, SMOKE, id="p4", handle=None, author=None).reporter is None
    week = timedelta(days=7)
    (later,) = reader.read([post(SMOKE, created_at=(NOW + week).isoformat())], NOW + week)
    assert isinstance(later, FeedbackSignal) and later.reporter != first.reporter


@pytest.mark.parametrize(
    ("text", "more", "where"),
    [
        ("smoke and flames on Alder Road by the lido", {}, (2_050, 2_050, 60, None)),
        ("smoke and flames on Mill Lane", {}, (5_000, 5_000, 900, None)),
        ("huge fire, smoke everywhere", lonlat(2_017, 2_031), (2_050, 2_050, 100, "ST1")),
        ("smoke and flames on Alder Road", lonlat(2_120, 1_930), (2_150, 1_950, 100, "ST1")),
        ("smoke and flames on Far Street", lonlat(2_017, 2_031), (2_050, 2_050, 100, "ST1")),
        ("huge fire, smoke everywhere", lonlat(7_020, 7_020), (7_050, 7_050, 100, None)),
        ("huge fire, smoke everywhere", {"uprn": "100"}, (2_050, 2_050, 100, "ST1")),
        ("smoke and flames on Alder Road", {"uprn": "999"}, (2_000, 2_000, 200, "ST1")),
    ],
)
def test_places(
    reader: FeedbackReader, text: str, more: dict[str, object], where: tuple[float, float, float, str | None]
) -> None:
    found = signal(reader, text, **more)
    x, y, uncertainty, street = where
    assert (found.easting_m - WEST, found.northing_m - SOUTH) == (x, y)
    assert (found.uncertainty_m, found.street) == (uncertainty, street)


def test_coordinates_are_never_kept_as_they_came(reader: FeedbackReader) -> None:
    for x in (2_001.0, 2_033.0, 2_099.0):
        assert signal(reader, "huge fire, smoke everywhere", **lonlat(x, 2_044)).easting_m % GRID_M == 50


@pytest.mark.parametrize(
    ("text", "more", "reason"),
    [
        ("", {}, Ignored.NO_TEXT),
        ("😡" * 25_000, {}, Ignored.NO_TEXT),
        ("@council https://x.example/y 07700 900123", {}, Ignored.NO_TEXT),
        ("this mixtape is fire, out now on Alder Road", {}, Ignored.NOT_SERVICE),
        ("thick black smoke and flames", {}, Ignored.NO_PLACE),
        ("smoke and flames on Grand Avenue", {}, Ignored.NO_PLACE),
        (SMOKE, {"created_at": (NOW + timedelta(hours=1)).isoformat()}, Ignored.BAD_TIME),
        (SMOKE, {"created_at": (NOW - timedelta(days=3)).isoformat()}, Ignored.BAD_TIME),
        ("huge fire, smoke everywhere", {"lon": 0.0, "lat": 0.0}, Ignored.NO_PLACE),
        ("huge fire, smoke everywhere", {"lon": 0.0, "lat": 90.0}, Ignored.NO_PLACE),
    ],
)
def test_ignored_for_a_plain_reason(
    reader: FeedbackReader, text: str, more: dict[str, object], reason: Ignored
) -> None:
    assert one(reader, text, **more) is reason


def test_script_in_a_text_is_no_text(reader: FeedbackReader) -> None:
    found = signal(reader, f"<script>alert('x')</script> {SMOKE} <img src=x onerror=alert(1)>")
    assert found.category.value == "smoke_or_fire"


@pytest.mark.parametrize(
    "more", [{"lon": 1.0}, {"lon": 500.0, "lat": 1.0}, {"created_at": "2025-06-06T10:00:00"}]
)
def test_what_is_no_post_is_refused(more: dict[str, object]) -> None:
    with pytest.raises((msgspec.ValidationError, ValueError)):
        post("smoke", **more)


def test_long_texts_take_bounded_time(reader: FeedbackReader) -> None:
    started = time.perf_counter()
    reader.read(
        [post(unit * (100_000 // len(unit))) for unit in ("smoke ", "a@b.", "1 ", "<a", "Ab Cd, ")], NOW
    )
    assert time.perf_counter() - started < 5, "fifty times what it takes on a quiet machine"


def test_the_demo_days_posts_are_read_as_they_are_meant(reader: FeedbackReader) -> None:
    """They are by another hand than the labelled set."""
    made = CouncilPosts(["Alder Road"], 1)
    texts = {(kind, n): made.about(kind, "Alder Road", NOW.isoformat()) for kind in TEXTS for n in range(20)}
    found = reader.read([msgspec.convert(given, Post) for given in texts.values()], NOW)
    said = [f.category.value if isinstance(f, FeedbackSignal) else f.value for f in found]
    right = sum(kind == category for (kind, _), category in zip(texts, said, strict=True))
    assert right / len(said) >= 0.95
