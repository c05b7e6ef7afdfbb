"""The engine: jobs, schedules and workers. It has never heard of shops or reports.

Everything outside uses only what is exported here; each name is imported at its first use.
"""

from typing import TYPE_CHECKING

from horarium.deferral import deferred

if TYPE_CHECKING:
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
    from horarium.engine.broker.disclosure import Disclosure
    from horarium.engine.broker.draft import (
        CalendarDraft,
        Draft,
        Drafts,
        Interval,
        RuleDraft,
        drafted,
        edition_of,
        timetable_of,
        tried,
    )
    from horarium.engine.broker.inline import InlineBroker, inline
    from horarium.engine.broker.invocation import Signature
    from horarium.engine.broker.memory import InlineLedger
    from horarium.engine.broker.progress import ProgressTeller
    from horarium.engine.broker.scheduler import LedgerScheduler
    from horarium.engine.broker.signature import wanted_arguments
    from horarium.engine.broker.source import BookSource
    from horarium.engine.broker.task import NotSent
    from horarium.engine.jobs.batches import Batch, BatchCancellation, Batches, BatchProgress
    from horarium.engine.jobs.batches import Kind as BatchKind
    from horarium.engine.jobs.composition import After, OnFailure
    from horarium.engine.jobs.explanation import Explanation, Finding
    from horarium.engine.jobs.explanation import Reason as JobReason
    from horarium.engine.jobs.inquiry import Argument, Attempt, Filter
    from horarium.engine.jobs.job import Error, Job, Mark, NewJob, State
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
    from horarium.engine.schedules.backfill_progress import Progress as BackfillProgress
    from horarium.engine.schedules.backfill_progress import (
        backfills,
        cancel_backfill,
    )
    from horarium.engine.schedules.backfill_progress import progress as backfill_progress
    from horarium.engine.schedules.book import Book, Firing
    from horarium.engine.schedules.catalogue import Which, acts, find, firings, last_firings
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
    from horarium.engine.schedules.forecast import LONGEST_FORECAST, forecast
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
        EVERY_DAY,
        At,
        Calendar,
        Cron,
        DueTime,
        Every,
        InvalidTimetable,
        OnFold,
        OnGap,
        Rule,
        Timetable,
        Weekday,
        compiled,
        worded,
        zone_data_version,
    )
    from horarium.engine.schedules.timetable.preview import preview
    from horarium.engine.watches.standing import Standing as JobStanding
    from horarium.engine.watches.standing import standing as job_standing
    from horarium.engine.watches.watch import Watch
    from horarium.engine.watches.watchers import Sight, Watchers
    from horarium.engine.worker.cancellation import CancellationOfJob, JobStopped, cancelled
    from horarium.engine.worker.companion import Companion
    from horarium.engine.worker.hooks import Hook
    from horarium.engine.worker.roster import Member, Presence, roster
    from horarium.engine.worker.threads import NAME as TASK_THREADS
    from horarium.engine.worker.worker import Worker

__all__ = [
    "EVERY_DAY",
    "LONGEST_FORECAST",
    "TASK_THREADS",
    "Account",
    "Act",
    "After",
    "Applied",
    "Argument",
    "At",
    "Attempt",
    "BackfillProgress",
    "Backfilled",
    "Batch",
    "BatchCancellation",
    "BatchHandle",
    "BatchKind",
    "BatchProgress",
    "Batches",
    "Book",
    "BookSource",
    "Calendar",
    "CalendarDraft",
    "Cancel",
    "Cancellation",
    "CancellationOfJob",
    "CatchUp",
    "Change",
    "ChangeKind",
    "Companion",
    "Composition",
    "Cron",
    "CurrentFiring",
    "Disclosure",
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
    "Hook",
    "InlineBroker",
    "InlineLedger",
    "Interval",
    "InvalidTimetable",
    "Job",
    "JobConnection",
    "JobId",
    "JobReason",
    "JobStanding",
    "JobStopped",
    "Kept",
    "Ledger",
    "LedgerBroker",
    "LedgerScheduler",
    "Mark",
    "Member",
    "NewJob",
    "NotSent",
    "OnFailure",
    "OnFold",
    "OnGap",
    "Order",
    "Origin",
    "Outcome",
    "Overlap",
    "Plan",
    "Presence",
    "Progress",
    "ProgressTeller",
    "Proof",
    "Queue",
    "Queues",
    "Reason",
    "Rule",
    "RuleDraft",
    "Schedule",
    "ScheduleState",
    "Scheduler",
    "Sight",
    "Signature",
    "Snooze",
    "Standing",
    "State",
    "Statistics",
    "TaskFigures",
    "Timetable",
    "Wanted",
    "Watch",
    "Watchers",
    "Weekday",
    "Which",
    "Worker",
    "Wrong",
    "WrongArgument",
    "accept",
    "account",
    "acts",
    "apply",
    "backfill",
    "backfill_progress",
    "backfills",
    "begin",
    "cancel_backfill",
    "cancelled",
    "chain",
    "chord",
    "compiled",
    "current_firing",
    "drafted",
    "edition_of",
    "explain_schedule",
    "find",
    "firings",
    "forecast",
    "foreseen",
    "group",
    "inline",
    "job_connection",
    "job_standing",
    "last_firings",
    "planned",
    "preview",
    "prove",
    "put_many",
    "read_arguments",
    "roster",
    "standing",
    "timetable_of",
    "tried",
    "wanted_arguments",
    "worded",
    "zone_data_version",
]

__getattr__ = deferred(__name__)
