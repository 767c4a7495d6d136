"""`POST /areas/{area}/feedback`: what people post about the town, of which only signals are kept.

Part of the API, for brigades and councils alike. Reads the body with a limit; leaves every judgement to
`services.feedback_desk`. Never answers with, or logs, a word of a post.
"""

from typing import Any

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import Response
from msgspec import Struct

from services.api.bodies import limited_body, media_type
from services.api.context import JSON, ReadyArea, ServiceNow, json_answer
from services.api.problems import ProblemError, problem
from services.feedback.post import Post
from services.feedback_desk import FeedbackBusyError, FeedbackDesk
from services.ingest import RefusedError

router = APIRouter(tags=["feedback"])

MOST_TEXT_CHARS = 200_000
"""A post is far shorter; one of 100 kB is read (its beginning counts), more is a mistake."""
_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {JSON: {"schema": {"$ref": "#/components/schemas/Posts"}}}}
}


class Posts(Struct, frozen=True):
    """Posts or messages, of any platform; fields of theirs that are not named here are dropped unread."""

    posts: list[Post]


_posts = msgspec.json.Decoder(Posts)


@router.post("/feedback", status_code=202, openapi_extra=_BODY, response_class=Response)
async def take_posts(request: Request, area: ReadyArea, service: ServiceNow) -> Response:
    """Take what people post, all or none; personal data is dropped before anything is kept.

    Answers 202 with how many signals are new, how many came in before, how many posts were ignored and why,
    and what the signals are about. Smoke and fire go to the brigade on the ground of a council. 422 names
    wrong posts by index and field, and then nothing of the request is taken.
    """
    if (given := media_type(request)) != JSON:
        raise ProblemError(415, f"content type {given[:60]!r}; send {JSON}")
    posts = _read(await limited_body(request, service.settings.max_body_bytes), service.settings.max_batch)
    try:
        taken = await feedback_desk(request).take(area, posts)
    except FeedbackBusyError as error:
        return problem(429, str(error), headers={"Retry-After": "1"})
    except RefusedError as error:
        first = error.errors[0]
        where = f"{first.field}: " if first.field else ""
        detail = f"{error.count} post(s) refused, none taken; post {first.index}: {where}{first.reason}"
        return problem(422, detail, error.errors)
    answer = {"accepted": taken.accepted, "repeated": taken.repeated, "ignored": sum(taken.ignored.values())}
    more = {"ignored_because": taken.ignored, "by_category": taken.by_category, "last_offsets": taken.areas}
    return json_answer(answer | more, 202)


def feedback_desk(request: Request) -> FeedbackDesk:
    """The desk of the running application."""
    desk = request.app.state.feedback
    if not isinstance(desk, FeedbackDesk):
        raise TypeError("the application has no feedback desk")
    return desk


def _read(body: bytes, most: int) -> list[Post]:
    try:
        posts = _posts.decode(body).posts
    except msgspec.ValidationError as error:
        # Its text names the place and what is wanted; it holds nothing of what was sent.
        reason, _, at = str(error).partition(" - at `")
        field = at.rstrip("`").removeprefix("$").removeprefix(".")
        where = f"{field}: " if field else ""
        raise ProblemError(422, f"{where}{reason}; nothing was taken") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        raise ProblemError(400, 'not JSON in UTF-8; send {"posts": [{"id", "text", "created_at"}]}') from None
    if not 1 <= len(posts) <= most:
        raise ProblemError(422, f"posts: a request holds 1 to {most} of them; this has {len(posts)}")
    for index, post in enumerate(posts):
        if len(post.text) > MOST_TEXT_CHARS:
            raise ProblemError(
                422, f"posts[{index}].text: {len(post.text)} characters; a post has at most {MOST_TEXT_CHARS}"
            )
    return posts
