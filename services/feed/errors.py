"""What can go wrong between a feed and the service.

Raised by the API client, shown by the commands. Never raised for what a retry mends.
"""


class FeedError(Exception):
    """A feed cannot go on; the text is for the person at the command line."""


class ServiceGoneError(FeedError):
    """The service did not answer within the time a feed is patient for."""


class RefusedError(FeedError):
    """The service answered with a problem (HTTP 4xx).

    Attributes
    ----------
    status
        The HTTP status.
    detail
        The problem's own words.
    retries
        How often this very request had been sent before without an answer that counts: above 0, an earlier
        sending may have been taken.
    """

    def __init__(self, what: str, status: int, detail: str, retries: int = 0) -> None:
        """Keep status, detail and retries beside the message."""
        super().__init__(f"{what} was refused (HTTP {status}): {detail}")
        self.status = status
        self.detail = detail
        self.retries = retries
