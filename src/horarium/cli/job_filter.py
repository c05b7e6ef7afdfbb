"""Which jobs a command is about: the options that find them."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from horarium.cli.values import instant, named_arguments

if TYPE_CHECKING:
    from horarium.application import Horarium
    from horarium.engine import Filter

StateName = Literal[
    "scheduled", "queued", "running", "retrying", "waiting", "succeeded", "failed", "cancelled"
]


@Parameter(name="*")
@dataclass(frozen=True)
class JobFilter:
    """The filter of the ledger, as options.

    Parameters
    ----------
    state
        Only jobs in this state.
    task
        Only jobs of this task.
    without
        Only jobs of other tasks than this; may be given again.
    queue
        Only jobs of this queue.
    schedule
        Only jobs that this schedule made.
    owner
        Only jobs of this owner.
    batch
        Only jobs of this batch.
    since
        Only jobs that ended, or are due, from this time on: 2010-12-01T08:00 (UTC), or 2h, 7d ago.
    until
        Only jobs that ended, or are due, before this time.
    argument
        Only jobs called with this argument, as name=value; may be given again.
    """

    state: StateName | None = None
    task: str | None = None
    without: Annotated[list[str] | None, Parameter(negative="")] = None
    queue: str | None = None
    schedule: str | None = None
    owner: str | None = None
    batch: str | None = None
    since: str | None = None
    until: str | None = None
    argument: Annotated[list[str] | None, Parameter(negative="")] = None

    def __bool__(self) -> bool:
        """Whether any option was given."""
        return any(getattr(self, each.name) is not None for each in fields(self))

    def check(self) -> None:
        """Refuse what cannot be read, before anything is opened.

        Raises:
            InvalidInput: a value cannot be used.
        """
        self._read(())

    def read(self, app: "Horarium") -> "Filter":
        """The ledger's filter; the application knows where its tasks take an argument."""
        from horarium.engine import wanted_arguments

        return self._read(
            wanted_arguments(app.broker, self.task, named_arguments(self.argument or ()))
        )

    def _read(self, arguments: tuple[object, ...]) -> "Filter":
        from horarium.engine import Filter, State

        named_arguments(self.argument or ())
        which = Filter(
            state=None if self.state is None else State(self.state),
            task=self.task,
            without=tuple(self.without or ()),
            queue=self.queue,
            schedule=self.schedule,
            owner=self.owner,
            batch=self.batch,
            since=instant("--since", self.since),
            until=instant("--until", self.until),
            arguments=arguments,  # type: ignore[arg-type]
        )
        which.check()
        return which
