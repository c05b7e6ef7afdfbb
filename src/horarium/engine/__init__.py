"""The engine: jobs, schedules and workers. It has never heard of shops or reports.

Everything outside uses only what is exported here.
"""

from horarium.engine.broker.broker import LedgerBroker
from horarium.engine.broker.dependencies import (
    Cancellation,
    CurrentFiring,
    FiringOfJob,
    JobConnection,
    JobId,
    current_firing,
    job_connection,
)
from horarium.engine.broker.draft import (
    Draft,
    Drafts,
    RuleDraft,
    drafted,
    edition_of,
    timetable_of,
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
from horarium.engine.schedules.account import Account, account
from horarium.engine.schedules.acts import Act
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
from horarium.engine.schedules.catalogue import Which, acts, find, firings
from horarium.engine.schedules.edition import (
    Applied,
    Change,
    ChangeKind,
    Edition,
    apply,
    planned,
    put_many,
)
from horarium.engine.schedules.explanation import Reason, explain_schedule
from horarium.engine.schedules.firing import Outcome
from horarium.engine.schedules.forecast import forecast
from horarium.engine.schedules.plan import Plan
from horarium.engine.schedules.proof import Proof
from horarium.engine.schedules.proving import prove
from horarium.engine.schedules.schedule import (
    CatchUp,
    Kept,
    Origin,
    Overlap,
    Schedule,
    ScheduleState,
)
from horarium.engine.schedules.scheduler import Scheduler
from horarium.engine.schedules.standing import Standing, Wrong, accept, standing
from horarium.engine.schedules.timetable import (
    At,
    Calendar,
    Cron,
    DueTime,
    Every,
    InvalidTimetable,
    OnFold,
    OnGap,
    Timetable,
    compiled,
    zone_data_version,
)
from horarium.engine.schedules.timetable.preview import preview
from horarium.engine.worker.cancellation import CancellationOfJob, JobStopped, cancelled
from horarium.engine.worker.roster import Member, Presence, roster
from horarium.engine.worker.threads import NAME as TASK_THREADS
from horarium.engine.worker.worker import Worker

__all__ = [
    "TASK_THREADS",
    "Account",
    "Act",
    "Applied",
    "Argument",
    "At",
    "Attempt",
    "Backfilled",
    "Book",
    "BookSource",
    "Calendar",
    "Cancel",
    "Cancellation",
    "CancellationOfJob",
    "CatchUp",
    "Change",
    "ChangeKind",
    "Cron",
    "CurrentFiring",
    "Draft",
    "Drafts",
    "DueTime",
    "Edition",
    "Error",
    "Every",
    "Explanation",
    "Filter",
    "Finding",
    "Firing",
    "FiringOfJob",
    "InvalidTimetable",
    "Job",
    "JobConnection",
    "JobId",
    "JobStopped",
    "Kept",
    "Ledger",
    "LedgerBroker",
    "LedgerScheduler",
    "Member",
    "NewJob",
    "OnFold",
    "OnGap",
    "Order",
    "Origin",
    "Outcome",
    "Overlap",
    "Plan",
    "Presence",
    "Progress",
    "Proof",
    "Queue",
    "Queues",
    "Reason",
    "RuleDraft",
    "Schedule",
    "ScheduleState",
    "Scheduler",
    "Snooze",
    "Standing",
    "State",
    "Statistics",
    "TaskFigures",
    "Timetable",
    "Wanted",
    "Which",
    "Worker",
    "Wrong",
    "accept",
    "account",
    "acts",
    "apply",
    "backfill",
    "backfills",
    "begin",
    "cancel_backfill",
    "cancelled",
    "compiled",
    "current_firing",
    "drafted",
    "edition_of",
    "explain_schedule",
    "find",
    "firings",
    "forecast",
    "foreseen",
    "job_connection",
    "planned",
    "preview",
    "progress",
    "prove",
    "put_many",
    "roster",
    "standing",
    "timetable_of",
    "wanted_arguments",
    "zone_data_version",
]
