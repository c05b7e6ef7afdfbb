"""The engine: jobs, schedules and workers. It has never heard of shops or reports.

Everything outside uses only what is exported here.
"""

from horarium.engine.broker.broker import LedgerBroker
from horarium.engine.broker.dependencies import (
    CurrentFiring,
    FiringOfJob,
    JobConnection,
    JobId,
    current_firing,
    job_connection,
)
from horarium.engine.broker.scheduler import LedgerScheduler
from horarium.engine.broker.signature import wanted_arguments
from horarium.engine.broker.source import BookSource
from horarium.engine.jobs.explanation import Explanation, Finding
from horarium.engine.jobs.inquiry import Argument, Attempt, Filter
from horarium.engine.jobs.job import Error, Job, NewJob, State
from horarium.engine.jobs.ledger import Ledger
from horarium.engine.jobs.outcome import Cancel, Snooze
from horarium.engine.jobs.queues import Queue, Queues
from horarium.engine.jobs.statistics import Statistics, TaskFigures
from horarium.engine.schedules.backfill import (
    Backfilled,
    Order,
    Wanted,
    backfill,
    begin,
    foreseen,
)
from horarium.engine.schedules.backfill_progress import (
    Progress,
    backfills,
    cancel_backfill,
    progress,
)
from horarium.engine.schedules.book import Book, Firing
from horarium.engine.schedules.explanation import Reason, explain_schedule
from horarium.engine.schedules.firing import Outcome
from horarium.engine.schedules.forecast import forecast
from horarium.engine.schedules.proof import Proof, prove
from horarium.engine.schedules.schedule import CatchUp, Kept, Overlap, Schedule
from horarium.engine.schedules.scheduler import Scheduler
from horarium.engine.schedules.timetable import (
    At,
    Cron,
    DueTime,
    Every,
    Timetable,
    compiled,
    zone_data_version,
)
from horarium.engine.schedules.timetable.preview import preview
from horarium.engine.worker.roster import Member, Presence, roster
from horarium.engine.worker.worker import Worker

__all__ = [
    "Argument",
    "At",
    "Attempt",
    "Backfilled",
    "Book",
    "BookSource",
    "Cancel",
    "CatchUp",
    "Cron",
    "CurrentFiring",
    "DueTime",
    "Error",
    "Every",
    "Explanation",
    "Filter",
    "Finding",
    "Firing",
    "FiringOfJob",
    "Job",
    "JobConnection",
    "JobId",
    "Kept",
    "Ledger",
    "LedgerBroker",
    "LedgerScheduler",
    "Member",
    "NewJob",
    "Outcome",
    "Overlap",
    "Presence",
    "Proof",
    "Queue",
    "Queues",
    "Reason",
    "Schedule",
    "Scheduler",
    "Snooze",
    "State",
    "Statistics",
    "TaskFigures",
    "Timetable",
    "Worker",
    "backfill",
    "compiled",
    "current_firing",
    "explain_schedule",
    "forecast",
    "job_connection",
    "preview",
    "prove",
    "roster",
    "wanted_arguments",
    "zone_data_version",
]
