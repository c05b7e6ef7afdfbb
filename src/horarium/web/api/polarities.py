"""Scoring texts over HTTP: a few at once, many in the background."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody

from horarium.application import Horarium
from horarium.engine import Error, Job, State
from horarium.errors import InvalidInput, NotFound
from horarium.polarity import Polarity
from horarium.shop.scoring import TEXTS_TASK, PolarityTasks, Scored
from horarium.web.api.parameters import App, Identity, begun, refuses

AT_ONCE = 50
"""Texts that are scored while their sender waits."""

CHARACTERS_AT_ONCE = 50_000
MOST_TEXTS = 10_000


class NewPolarities(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One text, or many: one of the two. More than 50 texts or 50,000 characters are scored in the
    background, and so are fewer where `background` asks for it.
    """

    text: Annotated[str, msgspec.Meta(description="One", examples=["Works great"])] | None = None
    texts: (
        Annotated[
            list[str], msgspec.Meta(min_length=1, max_length=MOST_TEXTS, description="Or many")
        ]
        | None
    ) = None
    background: bool = False


class Polarities(msgspec.Struct, frozen=True):
    """The polarities of texts, in their order; `polarity` is null where the language is not known,
    and where there are no words.
    """

    items: list[Polarity]
    total: int


class Scoring(msgspec.Struct, frozen=True):
    """A job that scores texts. `/polarities/task/{task_id}` says how far it is."""

    status: str
    task_id: str
    total: int


class ScoringProgress(msgspec.Struct, frozen=True):
    """How many texts are scored, and of how many."""

    done: int
    total: int


class ScoringTask(msgspec.Struct, frozen=True):
    """A job that scores texts: where it stands, and, once it has succeeded, what came of it."""

    task_id: str
    state: State
    progress: ScoringProgress
    items: list[Polarity] | None
    error: Error | None


_QUEUED = ResponseSpec(
    Scoring, generate_examples=False, description="The texts are scored in the background"
)


@post(
    "/polarities",
    status_code=200,
    tags=["Polarity"],
    summary="Score texts",
    responses={**refuses(body=True), 202: _QUEUED},
)
async def score_texts(
    request: Request[Any, Any, Any], app: App, data: JSONBody[NewPolarities]
) -> Response[Polarity | Polarities]:
    """Score how texts judge, from -1 to 1. One text gives its polarity, several give `items`. Where
    they are many, or `background` asks for it, the answer is 202 with the `task_id` of a job.
    """
    texts = _texts(data)
    tasks = _tasks(app)
    if data.background or _are_many(texts):
        task_id = await tasks.enqueue_texts(texts)
        scoring: Any = Scoring("queued", task_id, len(texts))
        return begun(request, scoring, f"/polarities/task/{task_id}")
    scored = await tasks.score(texts)
    return Response(scored[0] if data.text is not None else Polarities(scored, len(scored)))


@get(
    "/polarities/task/{task_id:str}",
    tags=["Polarity"],
    summary="How far scoring is",
    responses=refuses(404),
)
async def read_scoring(app: App, task_id: Identity) -> ScoringTask:
    """The state of a job that scores texts, how many are done, and the results in their order once
    it has succeeded.
    """
    job = await app.ledger.show(task_id)
    if job.task != TEXTS_TASK:
        raise NotFound(f"the job {task_id} scores no texts; /jobs/{task_id} says what it does")
    scored = _scored(job)
    total = _total(job)
    done = total if scored else _done(job, total)
    return ScoringTask(task_id, job.state, ScoringProgress(done, total), scored, job.error)


def _done(job: Job, total: int) -> int:
    """How many texts the newest attempt has told to be scored."""
    fraction = None if job.progress is None else job.progress.fraction
    return round((fraction or 0.0) * total)


def _texts(data: NewPolarities) -> list[str]:
    if (data.text is None) == (data.texts is None):
        field = "text" if data.text is None else "texts"
        raise InvalidInput(field, "it takes either text or texts, one of the two")
    if data.text is not None:
        _check("text", data.text)
        return [data.text]
    texts = data.texts or []
    for index, text in enumerate(texts):
        _check(f"texts[{index}]", text)
    return texts


def _check(field: str, text: str) -> None:
    if "\0" in text:
        raise InvalidInput(field, "it has the character NUL, which no text here has")


def _tasks(app: Horarium) -> PolarityTasks:
    if app.polarities is None:
        raise NotFound("this application was made without the built-in tasks; it scores no texts")
    return app.polarities


def _are_many(texts: list[str]) -> bool:
    return len(texts) > AT_ONCE or sum(map(len, texts)) > CHARACTERS_AT_ONCE


def _scored(job: Job) -> list[Polarity] | None:
    if job.state is not State.SUCCEEDED or job.result is None:
        return None
    return msgspec.json.decode(job.result, type=Scored).items


def _total(job: Job) -> int:
    """How many texts the job was called with."""
    if job.arguments is None:
        return 0
    call = msgspec.json.decode(job.arguments, type=_Call)
    return len(call.kwargs.texts or (call.args[0] if call.args else ()))


class _Texts(msgspec.Struct, frozen=True):
    texts: list[msgspec.Raw] = []


class _Call(msgspec.Struct, frozen=True):
    args: list[list[msgspec.Raw]] = []
    kwargs: _Texts = _Texts()


ROUTES = [score_texts, read_scoring]
