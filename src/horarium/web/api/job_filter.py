"""Which jobs a request is about: the filter of the ledger, as queries and bodies give it."""

from typing import Annotated, Any

import msgspec
from litestar.params import QueryParameter

from horarium.application import Horarium
from horarium.engine import Argument, Filter, State, wanted_arguments
from horarium.errors import InvalidInput
from horarium.web.api.parameters import App, instant

MOST_COUNTED = 100_000
"""Jobs that are counted for the `total` of a list, of each of the ledger's two tables."""

Task = Annotated[str | None, QueryParameter(description="Of this task.")]
Without = Annotated[
    str | None,
    QueryParameter(description="Of any task but these, with commas between them."),
]
Queue = Annotated[str | None, QueryParameter(description="Of this queue.")]
InState = Annotated[State | None, QueryParameter(name="state", description="In this state.")]
OfSchedule = Annotated[str | None, QueryParameter(description="Made by this schedule.")]
Owner = Annotated[str | None, QueryParameter(description="Of this owner.")]
OfBatch = Annotated[str | None, QueryParameter(description="Of this batch.")]
Since = Annotated[
    str | None,
    QueryParameter(
        format="date-time",
        description="Ended or, while unfinished, due at or after it: RFC 3339 with offset.",
    ),
]
Until = Annotated[
    str | None, QueryParameter(format="date-time", description="Ended or due before it.")
]
Arguments = Annotated[
    str | None,
    QueryParameter(
        description='Called with these arguments: a JSON object, such as {"order_id": 42}.'
    ),
]


def job_filter(
    app: App,
    in_state: InState = None,
    task: Task = None,
    without: Without = None,
    queue: Queue = None,
    schedule: OfSchedule = None,
    owner: Owner = None,
    batch: OfBatch = None,
    since: Since = None,
    until: Until = None,
    arguments: Arguments = None,
) -> Filter:
    """The filter that a query asks for. (`state` by itself is a name that Litestar keeps.)

    Raises:
        InvalidInput: a value of it cannot be used.
    """
    return Filter(
        state=in_state,
        task=task,
        without=tuple(name for name in (without or "").split(",") if name),
        queue=queue,
        schedule=schedule,
        owner=owner,
        batch=batch,
        since=instant("since", since),
        until=instant("until", until),
        arguments=() if arguments is None else _wanted(app, task, arguments),
    )


def _wanted(app: Horarium, task: str | None, text: str) -> tuple[Argument, ...]:
    try:
        named = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError, UnicodeError):
        raise InvalidInput(
            "arguments", 'it takes a JSON object of names and values, such as {"order_id": 42}'
        ) from None
    return wanted_arguments(app.broker, task, named)
