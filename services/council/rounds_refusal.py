"""Why a manager's wish about rounds is not met: codes, words, and what would make it possible.

Raised by the desk, told by the API. Holds no logic.
"""


class RoundsRefusal(Exception):
    """A wish that is not met.

    Attributes
    ----------
    codes
        Rules or facts in the way: those of `optimiser.routes.verdict.Rule` (`frozen`: done, or a crew is on
        its way there) and `optimiser.routes.reasons.Reason`; `unknown`, `answered`, `changed` (meanwhile).
    words
        The same in a sentence or two.
    relaxation
        What would make it possible, where anything would.
    """

    def __init__(self, codes: tuple[str, ...], words: str, relaxation: str | None = None) -> None:
        super().__init__(words)
        self.codes = codes
        self.words = words
        self.relaxation = relaxation
