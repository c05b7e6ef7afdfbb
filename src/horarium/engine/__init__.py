"""The engine: jobs, schedules and workers. It has never heard of shops or reports.

Everything outside uses only what is exported here.
"""

from horarium.engine.broker.arguments import WrongArgument, read_arguments
from horarium.engine.broker.batch import BatchHandle
from horarium.engine.broker.broker import LedgerBroker
from horarium.engine.broker.compositions import Composition, chain, chord, group
from horarium.engine.broker.dependencies import (
    Cancellation,
    CurrentFiring,
    FiringOfJob,
    JobConnection,
    JobId,
    Progress,
    current_firing,
    job_connection,
)
from horarium.engine.broker.inline import InlineBroker, inline
from horarium.engine.broker.invocation import Signature
from horarium.engine.broker.memory import InlineLedger
from horarium.engine.broker.progress import ProgressTeller
from horarium.engine.broker.scheduler import LedgerScheduler
from horarium.engine.broker.signature import wanted_arguments
from horarium.engine.broker.source import BookSource
from horarium.engine.jobs.batches import Batch, BatchCancellation, Batches, BatchProgress
from horarium.engine.jobs.batches import Kind as BatchKind
from horarium.engine.jobs.composition import After, OnFailure
from horarium.engine.jobs.explanation import Explanation, Finding
from horarium.engine.jobs.inquiry import Argument, Attempt, Filter
from horarium.engine.jobs.job import Error, Job, Mark, NewJob, State
from horarium.engine.jobs.ledger import Ledger
from horarium.engine.jobs.outcome import Cancel, Snooze
from horarium.engine.jobs.queues import Queue, Queues
from horarium.engine.jobs.statistics import Statistics, TaskFigures
from horarium.engine.schedules.backfill import Backfilled, backfill
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
from horarium.engine.watches.standing import Standing, standing
from horarium.engine.watches.watch import Watch
from horarium.engine.watches.watchers import Sight, Watchers
from horarium.engine.worker.cancellation import CancellationOfJob, JobStopped, cancelled
from horarium.engine.worker.companion import Companion
from horarium.engine.worker.hooks import Hook
from horarium.engine.worker.roster import Member, Presence, roster
from horarium.engine.worker.threads import NAME as TASK_THREADS
from horarium.engine.worker.worker import Worker

__all__ = [
    "TASK_THREADS",
    "After",
    "Argument",
    "At",
    "Attempt",
    "Backfilled",
    "Batch",
    "BatchCancellation",
    "BatchHandle",
    "BatchKind",
    "BatchProgress",
    "Batches",
    "Book",
    "BookSource",
    "Cancel",
    "Cancellation",
    "CancellationOfJob",
    "CatchUp",
    "Companion",
    "Composition",
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
    "Hook",
    "InlineBroker",
    "InlineLedger",
    "Job",
    "JobConnection",
    "JobId",
    "JobStopped",
    "Kept",
    "Ledger",
    "LedgerBroker",
    "LedgerScheduler",
    "Mark",
    "Member",
    "NewJob",
    "OnFailure",
    "Outcome",
    "Overlap",
    "Presence",
    "Progress",
    "ProgressTeller",
    "Proof",
    "Queue",
    "Queues",
    "Reason",
    "Schedule",
    "Scheduler",
    "Sight",
    "Signature",
    "Snooze",
    "Standing",
    "State",
    "Statistics",
    "TaskFigures",
    "Timetable",
    "Watch",
    "Watchers",
    "Worker",
    "WrongArgument",
    "backfill",
    "cancelled",
    "chain",
    "chord",
    "compiled",
    "current_firing",
    "explain_schedule",
    "forecast",
    "group",
    "inline",
    "job_connection",
    "preview",
    "prove",
    "read_arguments",
    "roster",
    "standing",
    "wanted_arguments",
    "zone_data_version",
]
