"""Metrics for Prometheus: what the ledger holds now, and what ended within the last minutes.

All are gauges that any web process reads from the database: they do not depend on which one is
asked, survive restarts, and are not to be summed over processes.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from litestar import Response, get

from horarium.engine import Member, Presence, Queue, Standing, Statistics, roster, standing
from horarium.reports import MarkedPeriods, Promise, Promised, marked_periods
from horarium.shop.messages import Count, message_counts
from horarium.web.api.parameters import App, refuses
from horarium.web.exposition import MEDIA_TYPE, Measure, Sample, exposition

RECENT = timedelta(minutes=5)


@get(
    "/metrics",
    tags=["Operation"],
    summary="Metrics",
    media_type="text/plain",
    responses=refuses(),
)
async def read_metrics(app: App) -> Response[str]:
    """Gauges in the text format of Prometheus: unfinished jobs by queue and state, the age of the
    oldest that is due, paused queues, what ended within the last five minutes by task and state and
    how long it took, workers and their slots, messages by how they ended, by how much the
    schedulers are late, how many schedules are parked, what the standing proof finds, which periods
    of reports have changed since they were built, and how promises of reports stand.
    """
    async with app.database.connection() as connection:
        now = await app.book.now(connection)
        messages = await message_counts(connection)
        marked = await marked_periods(connection)
    queues = await app.queues.all()
    recent = await app.ledger.statistics(RECENT)
    health = await app.health()
    measures = [
        *_of_queues(queues, now),
        *_of_tasks(recent),
        *_of_workers(await roster(app.database)),
        _of_messages(messages),
        Measure(
            "horarium_scheduler_lag_seconds",
            "By how much the longest due schedule is late; 0 where nothing is due.",
            [Sample(health.scheduler_lag or 0.0)],
        ),
        Measure(
            "horarium_schedules_parked",
            "Schedules that cannot be run as they stand and were set aside.",
            [Sample(health.parked)],
        ),
        *_of_proof(await standing(app.book, most=0), now),
        *_of_reports(await app.promises(), marked, now),
    ]
    return Response(exposition(measures), media_type=MEDIA_TYPE)


def _of_queues(queues: Sequence[Queue], now: datetime) -> Iterator[Measure]:
    yield Measure(
        "horarium_jobs",
        "Unfinished jobs.",
        [
            Sample(count, {"queue": queue.name, "state": state})
            for queue in queues
            for state, count in queue.states.items()
        ],
    )
    yield Measure(
        "horarium_queue_oldest_due_seconds",
        "For how long the job that waits longest could have run.",
        [
            Sample((now - queue.oldest_due_at).total_seconds(), {"queue": queue.name})
            for queue in queues
            if queue.oldest_due_at is not None
        ],
    )
    yield Measure(
        "horarium_queue_paused",
        "Whether the queue is paused.",
        [Sample(queue.paused_at is not None, {"queue": queue.name}) for queue in queues],
    )


def _of_tasks(recent: Statistics) -> Iterator[Measure]:
    yield Measure(
        "horarium_jobs_ended_5m",
        "Jobs that ended within the last five minutes.",
        [
            Sample(count, {"task": each.task, "state": state})
            for each in recent.tasks
            for state, count in each.states.items()
            if state.final
        ],
    )
    yield Measure(
        "horarium_job_seconds_5m",
        "Percentiles of how long attempts took that ended within the last five minutes.",
        [
            Sample(seconds, {"task": each.task, "quantile": quantile})
            for each in recent.tasks
            for quantile, seconds in (("0.5", each.p50), ("0.95", each.p95), ("0.99", each.p99))
            if seconds is not None
        ],
    )


def _of_messages(counts: Sequence[Count]) -> Measure:
    return Measure(
        "horarium_messages",
        "Messages of RabbitMQ by how they ended; refused and unreadable ones are in dead queues.",
        [Sample(each.count, {"queue": each.queue, "outcome": each.outcome}) for each in counts],
    )


def _of_workers(members: Sequence[Member]) -> Iterator[Measure]:
    live = [each for each in members if each.state is Presence.LIVE]
    lapsed = sum(each.state is Presence.LAPSED for each in members)
    yield Measure(
        "horarium_workers",
        "Workers that live, and those whose lease has lapsed.",
        [Sample(len(live), {"state": "live"}), Sample(lapsed, {"state": "lapsed"})],
    )
    yield Measure(
        "horarium_worker_slots",
        "Jobs that the live workers may run at once, and that they do.",
        [
            Sample(sum(each.slots for each in live), {"kind": "all"}),
            Sample(sum(each.running for each in live), {"kind": "taken"}),
        ],
    )


def _of_proof(found: Standing, now: datetime) -> Iterator[Measure]:
    yield Measure(
        "horarium_due_times_wrong",
        "Due times without their one outcome, by the standing proof.",
        [
            Sample(found.unexplained, {"kind": "unexplained"}),
            Sample(found.doubled, {"kind": "doubled"}),
        ],
    )
    yield Measure(
        "horarium_proof_age_seconds",
        "How long ago all decided due times were proved; none: not yet.",
        [Sample((now - found.proved_at).total_seconds())] if found.proved_at else [],
    )


def _of_reports(
    promises: Sequence[Promise], marked: Sequence[MarkedPeriods], now: datetime
) -> Iterator[Measure]:
    yield Measure(
        "horarium_report_periods_stale",
        "Periods that have changed since they were built, by report.",
        [Sample(each.periods, {"report": each.report}) for each in marked],
    )
    yield Measure(
        "horarium_report_stale_seconds",
        "How long ago the first change was made that no build has, by report.",
        [
            Sample((now - each.changed_at).total_seconds(), {"report": each.report})
            for each in marked
        ],
    )
    states = Counter((each.report, each.state) for each in promises)
    yield Measure(
        "horarium_report_promises",
        "Periods by how their promise stands, of reports that promise to be ready by a time.",
        [
            Sample(states[report, state], {"report": report, "state": state})
            for report in sorted({each.report for each in promises})
            for state in Promised
        ],
    )
    yield Measure(
        "horarium_report_deadline_seconds",
        "Seconds until the earliest deadline of a period that is not ready; below 0: it is late.",
        [Sample(min(each), {"report": report}) for report, each in _left(promises, now).items()],
    )


def _left(promises: Sequence[Promise], now: datetime) -> dict[str, list[float]]:
    left: dict[str, list[float]] = defaultdict(list)
    for each in promises:
        if each.state is not Promised.READY:
            left[each.report].append((each.deadline - now).total_seconds())
    return left


ROUTES = [read_metrics]
