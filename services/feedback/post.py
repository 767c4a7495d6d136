"""A post or message as it comes in at the feedback door, and what may become of it.

Decoded by the API's feedback route, read by `services.feedback.reader`. A post lives for the one call only:
it is never logged, appended or kept, and its fields beyond text, time, place and identity are not even
decoded.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

DEFAULT_CHANNEL = "post"


class Post(Struct, frozen=True):
    """What somebody wrote. Unknown fields are dropped: every platform has its own.

    Attributes
    ----------
    text
        Of any length; only its beginning is read.
    author, handle
        Whoever of the two is there makes the pseudonym.
    created_at
        With its time zone.
    lon, lat
        Where it was written, degrees in WGS84.
    uprn
        The property it is about, where a form asked for it.
    """

    id: Annotated[str, Meta(min_length=1, max_length=256)]
    text: str
    created_at: Annotated[datetime, Meta(tz=True)]
    author: str | None = None
    handle: str | None = None
    channel: Annotated[str, Meta(min_length=1, max_length=64)] = DEFAULT_CHANNEL
    lon: Annotated[float, Meta(ge=-180, le=180)] | None = None
    lat: Annotated[float, Meta(ge=-90, le=90)] | None = None
    uprn: Annotated[str, Meta(max_length=32)] | None = None

    def __post_init__(self) -> None:
        if (self.lon is None) != (self.lat is None):
            raise ValueError("`lon` and `lat` go together: give both or neither")

    def __repr__(self) -> str:
        """No word of it: so that no log or traceback can hold one."""
        return "Post(…)"


class Ignored(StrEnum):
    """Why nothing is made of a post."""

    NO_TEXT = "no_text"
    """Nothing is left once links, handles and the like are out."""
    NOT_SERVICE = "not_service"
    UNSURE = "unsure"
    """The classifier cannot tell what it is about."""
    NO_PLACE = "no_place"
    """It names no place of the area and comes from none, or from too vague a one."""
    BAD_TIME = "bad_time"
    """From the future, or from long ago."""
