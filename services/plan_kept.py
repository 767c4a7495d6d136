"""Whether the log has a plan after all, where the append did not tell.

Asked by `services.area_worker` before it sends the plan again. Looks at what the worker's own fold has read.
"""

from services.area_state import AreaState
from streams.cover_plan import CoverPlanData
from streams.log import EventLog
from streams.unsure import settled_end

FOLDED_POLL_S = 0.05
"""How often it is looked whether the log still reaches to where the fold is waited for."""


async def plan_kept(state: AreaState, log: EventLog, plan: CoverPlanData) -> bool:
    """Wait until the fold has all that the log can have of the plan, and say whether it is there.

    `state` must know plans from the log only: a worker shows one after it was appended.
    """
    area = state.region.id
    end = await settled_end(log, area)
    # A log that is cut meanwhile ends earlier: the records that were waited for never come.
    while state.offset + 1 < min(end, log.end_offset(area)):
        await state.until_folded(end - 1, FOLDED_POLL_S)
    known = state.newest_revision(plan.plan_id)
    return known is not None and known.revision >= plan.revision
