"""Whether a sync task should stop: nobody can end its thread, so it has to ask.

A task in a thread that asks, by `cancelled` or by its `Cancellation`, is given a few seconds to
hear the answer before its job is taken from it; one that never asks is left behind at once.
"""

from horarium.engine.worker.run import Run, current_run
from horarium.errors import HorariumError


class JobStopped(HorariumError):
    """Raised in a task by `check`, to end it: its job was cancelled, is over its time or goes back.

    Let it pass. What the job ends with is decided by why it was stopped.
    """


class CancellationOfJob:
    """One job's order to stop, as its task sees it."""

    def __init__(self, run: Run | None) -> None:
        self._run = run
        if run is not None:
            run.asks = True

    @property
    def requested(self) -> bool:
        """The job was cancelled, is over its time, or goes back because its worker stops."""
        run = self._run
        return run is not None and (run.ordered_to_stop or run.left or not run.executing)

    def check(self) -> None:
        """End the task if it should stop.

        Raises:
            JobStopped: it should.
        """
        if self._run is not None and self.requested:
            raise JobStopped(f"job {self._run.claim.id} has been told to stop")


def cancelled() -> bool:
    """Whether the task that calls should stop; false where there is no job."""
    return CancellationOfJob(current_run()).requested
