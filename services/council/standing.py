"""Whether a proposal still says what it said when it was made, on a day that has gone on since.

Asked by the council's worker, which answers anew only what no longer stands. Whether an answer can be
approved is judged by `services.council.round_approvals`, on the day as it is then.
"""

from services.council.day_picture import DayPicture
from streams.rounds_plan import CauseKind, RoundsProposal


def stands(proposal: RoundsProposal, picture: DayPicture) -> bool:
    """Whether nothing has happened to what a proposal is about.

    A decision on other rounds leaves it as it is. It no longer stands where a decision has changed a round of
    one of its answers, or one of their vehicles went out of service or came back, or streets were closed or
    opened. One that leaves stops out, or is about a late round, is looked at again after every decision.
    """
    made_at = proposal.picture_time
    again = proposal.cause.kind is CauseKind.LATE or any(option.unserved for option in proposal.options)
    if again and proposal.day_version != picture.version:
        return False
    if any(closure.key[0] > made_at for closure in picture.closures.values()):
        return False
    for vehicle in {round_.vehicle for option in proposal.options for round_ in option.rounds}:
        state = picture.vehicles.get(vehicle)
        if state is None or state.changed_in > proposal.day_version:
            return False
        if state.status_key is not None and state.status_key[0] > made_at:
            return False
    return True
