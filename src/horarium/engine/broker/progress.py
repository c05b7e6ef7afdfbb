"""Progress, as a task tells it.

@broker.task
async def send(letters: list[int], progress: Progress) -> None:
    for done, letter in enumerate(letters, start=1):
        ...
        await progress(done / len(letters), f"letter {letter}")

From a thread or a process of the pool it is `progress.set(…)`. Telling is cheap, however often it
is done: see `horarium.engine.worker.board`. TaskIQ's own `ProgressTracker` ends up there too.
"""

from typing import Any

from taskiq.depends.progress_tracker import TaskProgress, TaskState

from horarium.engine.broker.message import encode_value
from horarium.engine.jobs.job import Mark
from horarium.engine.jobs.mark import UNSET, Unset, next_mark
from horarium.engine.worker import afar
from horarium.engine.worker.run import Run, current_run
from horarium.errors import HorariumError, InvalidInput


class ProgressTeller:
    """Tells the progress of one attempt; from the task's coroutine or from its thread.

    Outside a worker, such as where a task is called as a function, it checks and remembers what it
    is told, and nobody hears of it.
    """

    def __init__(self, run: Run | None) -> None:
        self._run = run
        self._mark = Mark()

    @property
    def mark(self) -> Mark:
        """What was told last."""
        return self._mark if self._run is None else self._run.mark

    def set(
        self,
        fraction: Any = UNSET,
        note: str | Unset | None = UNSET,
        state: str | Unset | None = UNSET,
    ) -> None:
        """Tell how far the job has come; what is not given stays as it was told before.

        Args:
            fraction: from 0 to 1.
            note: what is being done; up to 1,000 characters are kept.
            state: a word for the stage that the job is in; up to 100 characters are kept.

        Raises:
            InvalidInput: the fraction is no number from 0 to 1.
        """
        self._keep(next_mark(self.mark, fraction, note=note, state=state))

    async def __call__(
        self,
        fraction: Any = UNSET,
        note: str | Unset | None = UNSET,
        state: str | Unset | None = UNSET,
    ) -> None:
        """The same as `set`, for coroutines."""
        self.set(fraction, note, state)

    def _keep(self, mark: Mark) -> None:
        if self._run is None:
            self._mark = mark
        else:
            self._run.tell(mark)

    def __reduce__(self) -> tuple[Any, ...]:
        """What is handed to a process of the pool tells from there."""
        return FarTeller, (self.mark,)


class FarTeller(ProgressTeller):
    """Tells the progress of an attempt from the process that does it."""

    def __init__(self, mark: Mark) -> None:
        super().__init__(None)
        self._mark = mark
        self._call = afar.current_call()

    def _keep(self, mark: Mark) -> None:
        self._mark = mark
        afar.tell(self._call, mark)


def progress_teller() -> ProgressTeller:
    """The teller of the attempt that runs."""
    return ProgressTeller(current_run())


def run_that_tells(job: str) -> Run:
    """The run of a job, for what is called inside it.

    Raises:
        HorariumError: the calling code is not run for this job.
    """
    run = current_run()
    if run is None or run.claim.id != job:
        raise HorariumError(
            f"the progress of job {job} is told by the job itself, while a worker runs it"
        )
    return run


def from_taskiq(before: Mark, progress: TaskProgress[Any]) -> Mark:
    """The mark that TaskIQ's tracker asks for.

    Raises:
        InvalidInput: its data cannot be written as JSON.
    """
    state = progress.state.value if isinstance(progress.state, TaskState) else progress.state
    try:
        meta = None if progress.meta is None else encode_value(progress.meta)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidInput("meta", f"progress cannot be kept: {error}") from None
    return next_mark(before, state=state, meta=meta)


def to_taskiq(mark: Mark | None) -> TaskProgress[Any] | None:
    """A mark as TaskIQ's tracker reads it."""
    if mark is None or not mark.number:
        return None
    return TaskProgress(state=mark.state or TaskState.STARTED, meta=mark.meta)


def seen_from_outside(mark: Mark | None) -> TaskProgress[Any] | None:
    """The same; where there is no data, what `Progress` told takes its place."""
    progress = to_taskiq(mark)
    if mark is not None and progress is not None and progress.meta is None:
        progress.meta = {"fraction": mark.fraction, "note": mark.note}
    return progress
