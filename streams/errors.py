"""The errors of this wing, in one place.

Raised by the codec and the logs; caught by services. Never carries a traceback to a client.
"""


class StreamsError(Exception):
    """Base of all errors this wing raises."""


class DecodeError(StreamsError):
    """An event that cannot be taken as it stands.

    Attributes
    ----------
    field
        Path of the offending field (`data.easting_m`), or the empty string for the whole body.
    reason
        What is wrong and what would be right.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason


class LogFullError(StreamsError):
    """The log cannot take more now: its disk is full, or its server away. Nothing of the call was kept."""


class AppendUnsureError(LogFullError):
    """The log did not say in time whether it took the records: they may be kept, now or a moment later.

    To append them once more may put them there twice: every reader knows the second copy by its events' ids.
    Who wants one copy looks first, from `streams.unsure` on.
    """


class LogUnreachableError(StreamsError):
    """The log cannot be asked now: its server does not answer. Trying again later may help."""


class StoreUnreachableError(StreamsError):
    """The store of checkpoints or of console messages cannot be asked now. What it holds can be rebuilt."""


class FencedError(StreamsError):
    """A write of an older generation of the group was refused: another worker serves this area now.

    Not a failure that passes: whoever gets this leaves the area alone until the group gives it anew.
    """

    def __init__(self, area: str, generation: int) -> None:
        super().__init__(
            f"area {area}: another worker serves this area now; a write of generation {generation} is refused"
        )
        self.area = area
        self.generation = generation


class LogClosedError(StreamsError):
    """The log was closed; it takes and gives nothing any more."""


class OffsetGoneError(StreamsError):
    """The offset asked for is older than what the log still keeps."""

    def __init__(self, area: str, offset: int, first: int) -> None:
        super().__init__(f"area {area}: offset {offset} is no longer kept; the oldest is {first}")
        self.first = first


class LogCutError(StreamsError):
    """The log lost records that a reader has had, or was replaced: what was read is not what it holds.

    Attributes
    ----------
    end
        Where the log ended when that was noticed, or before; other records may stand there since.
    """

    def __init__(self, area: str, end: int) -> None:
        super().__init__(
            f"area {area}: the log has lost its records from {end} on, or was replaced; begin anew from a "
            "checkpoint that fits it"
        )
        self.area = area
        self.end = end


class CorruptLogError(StreamsError):
    """A stored record does not match its checksum, and it is not the torn end of a write."""
