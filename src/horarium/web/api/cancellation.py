"""Cancelling a job, as the API and the page do it."""

from horarium.application import Horarium
from horarium.engine import Job, State
from horarium.errors import Conflict


async def cancelled(app: Horarium, job_id: str, reason: str) -> tuple[State, Job]:
    """End a job that has not begun, or ask a running one to stop.

    Returns:
        `CANCELLED`, or `RUNNING` where it was asked, and the job as it is now.

    Raises:
        NotFound: the ledger has no such job.
        Conflict: it has ended.
    """
    became = await app.ledger.cancel(job_id, reason)
    job = await app.ledger.show(job_id)
    if became is None:
        raise Conflict(f"job {job_id!r} has ended already; it is {job.state}")
    return became, job
