"""Reads posts at the door: personal data out first, then what, where and when; a signal or a reason for none.

Called by the API's feedback route. The text is looked at in memory, during the call, and then gone: a signal
holds no word of it. All work is bounded, whatever is sent. Never appends anything itself.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from optimiser.feedback.category import Category
from optimiser.feedback.classifier import FeedbackModel
from optimiser.feedback.redact import redact
from services.feedback.corrections import RecentWords
from services.feedback.places import PlaceFinder
from services.feedback.post import Ignored, Post
from services.pseudonyms import Pseudonyms
from streams.council_events import FeedbackCategory, FeedbackSignal

COARSE_S = 300
"""Times are rounded down to five minutes."""
FUTURE = timedelta(minutes=5)
"""Clocks of others may be ahead by so much."""
PAST = timedelta(hours=48)
LEAST_CONFIDENCE = 0.4
"""Below it the classifier is wrong more often than right."""
MOST_IDENTITY_CHARS = 256


class FeedbackReader:
    """The reader of one area.

    Parameters
    ----------
    model
        The classifier.
    finder
        Of the area's places.
    pseudonyms
        Of the installation.
    recent
        Where hashed words of the signals go for a day, so that corrections can be learnt from; None: nowhere.
    """

    def __init__(
        self,
        model: FeedbackModel,
        finder: PlaceFinder,
        pseudonyms: Pseudonyms,
        recent: RecentWords | None = None,
    ) -> None:
        self._model = model
        self._finder = finder
        self._pseudonyms = pseudonyms
        self._recent = recent

    def read(self, posts: Sequence[Post], now: datetime) -> list[FeedbackSignal | Ignored]:
        """What becomes of each post, in their order.

        Takes a millisecond or so a post; call it on a thread for more than a few.

        Parameters
        ----------
        now
            The area's time: the wall clock, but in replays.
        """
        texts = [redact(post.text) for post in posts]
        readings = self._model.read(texts)
        found: list[FeedbackSignal | Ignored] = []
        for post, text, reading in zip(posts, texts, readings, strict=True):
            if not any(letter.isalnum() for letter in text):
                found.append(Ignored.NO_TEXT)
            elif not now - PAST <= post.created_at <= now + FUTURE:
                found.append(Ignored.BAD_TIME)
            elif reading.confidence < LEAST_CONFIDENCE:
                found.append(Ignored.UNSURE)
            elif reading.category is Category.NOT_SERVICE:
                found.append(Ignored.NOT_SERVICE)
            else:
                found.append(
                    self._signal(post, text, reading.category, reading.confidence, reading.sentiment)
                )
        return found

    def _signal(
        self, post: Post, text: str, category: Category, confidence: float, sentiment: float
    ) -> FeedbackSignal | Ignored:
        lonlat = None if post.lon is None or post.lat is None else (post.lon, post.lat)
        place = self._finder.find(text, lonlat, post.uprn)
        if place is None:
            return Ignored.NO_PLACE
        seen_s = int(post.created_at.timestamp()) // COARSE_S * COARSE_S
        who = (post.handle or post.author or "").strip().lower()[:MOST_IDENTITY_CHARS]
        # The platform's id would lead back to the post: only a pseudonym of it goes on, the same each time.
        name = f"F-{self._pseudonyms.of(f'id of {post.channel}', post.id, post.created_at)}"
        if self._recent is not None:
            self._recent.note(name, text)
        return FeedbackSignal(
            signal=name,
            category=FeedbackCategory(category.value),
            easting_m=round(place.easting_m),
            northing_m=round(place.northing_m),
            uncertainty_m=round(place.uncertainty_m),
            seen_at=datetime.fromtimestamp(seen_s, UTC),
            sentiment=round(sentiment, 1),
            confidence=round(confidence, 2),
            street=place.street,
            reporter=self._pseudonyms.of(post.channel, who, post.created_at) if who else None,
        )
