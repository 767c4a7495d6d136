"""The live stream as a Locust user reads it: messages, their ids, and how old a plan was when it came.

Used by the users of the scenarios. Every message counts as a request of type `SSE`; a stream that broke
counts as a failure.
"""

import time
from collections.abc import Iterator

from locust import FastHttpUser

from loadtests.scenarios.stream_message import Told, read_message

END = b"\n\n"


def follow(user: FastHttpUser, area: str, listen_s: float, last_id: str = "") -> Iterator[Told]:
    """The messages of one connection, for so long at least; then it is dropped, as a browser does."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    path = f"/api/v1/areas/{area}/stream"
    until_s = time.monotonic() + listen_s
    answer = user.client.get(path, headers=headers, stream=True, name="stream opened")
    wire = answer._response
    if wire is None or answer.status_code != 200:
        return
    try:
        while time.monotonic() < until_s:
            try:
                message = bytes(wire.readline(END))
            except Exception as error:  # whatever breaks a stream is the finding
                count(user, "stream broke", 0.0, 0, error)
                return
            if not message:
                count(user, "stream ended", 0.0, 0, ConnectionError("the service ended the live stream"))
                return
            told = read_message(message)
            if told is not None:
                plan = told.plan
                known = plan is not None and plan.published_at is not None
                old_ms = (time.time() - plan.published_at.timestamp()) * 1e3 if known else 0.0  # type: ignore[union-attr]
                count(user, told.event, old_ms, len(message), None)
                yield told
    finally:
        wire.release()


def count(user: FastHttpUser, name: str, took_ms: float, length: int, error: Exception | None) -> None:
    """Count something that happened on a stream, as Locust counts a request."""
    user.environment.events.request.fire(
        request_type="SSE",
        name=name,
        response_time=took_ms,
        response_length=length,
        exception=error,
        context={},
    )
