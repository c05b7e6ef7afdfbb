"""What the document calls its schemas. Pure.

In the code a name is short, because its module says of what: `orders.Item`, `queues.Pause`. The
document has no modules: there a schema says by itself what it is of, and its name stays when the
code is arranged anew. Where two have one name in the code, Litestar puts their modules before it.
"""

from typing import Any

NAMES = {
    "Acceptance": "ProofAcceptance",
    "Account": "DueTimeAccount",
    "Act": "ScheduleAct",
    "Acts": "ScheduleActs",
    "Alive": "Liveness",
    "Attempt": "JobAttempt",
    "Attempts": "JobAttempts",
    "Backfilled": "BackfillEstimate",
    "Because": "ScheduleActNote",
    "Cancelled": "CancelledFigures",
    "ChangeKind": "ScheduleChangeKind",
    "Changed": "ChangedRow",
    "Column": "ReportColumn",
    "Difference": "ScheduleDifference",
    "Draft": "ScheduleDraft",
    "Drafts": "ScheduleDrafts",
    "Error": "JobError",
    "Explanation": "JobExplanation",
    "Finding": "JobFinding",
    "Finished": "FinishedJob",
    "Format": "ExportFormat",
    "Generation": "RequestedDayBuild",
    "Item": "OrderItem",
    "Links": "SummaryLinks",
    "Me": "Caller",
    "Member": "Worker",
    "Minute": "ForecastMinute",
    "NewItem": "NewOrderItem",
    "Outcome": "FiringOutcome",
    "OwnersDay": "JournalOfOwner",
    "Pause": "QueuePause",
    "PauseNote": "SchedulePause",
    "PlannedDrafts": "PlannedScheduleDrafts",
    "Presence": "WorkerState",
    "Preview": "DueTimes",
    "Previewed": "PreviewedRule",
    "Previous": "PreviousDay",
    "Promise": "ReportPromise",
    "Promised": "PromiseState",
    "Promises": "ReportPromises",
    "Proof": "ScheduleProof",
    "Proved": "TimetableProof",
    "Ready": "Readiness",
    "Reasons": "ScheduleExplanation",
    "Refunds": "RefundFigures",
    "Retried": "RetriedJobs",
    "Retries": "JobRetries",
    "Sales": "SalesFigures",
    "Sold": "SoldFigures",
    "Span": "StatisticsSpan",
    "Standing": "StandingProof",
    "State": "JobState",
    "Statistics": "JobStatistics",
    "Status": "OrderStatus",
    "Triggered": "TriggeredJob",
    "Wrong": "WrongSchedule",
    "engine_jobs_batches_Kind": "BatchKind",
    "engine_schedules_backfill_Order": "BackfillOrder",
    "engine_schedules_backfill_progress_Progress": "BackfillProgress",
    "jobs_explanation_Reason": "JobReason",
    "schedules_explanation_Reason": "ScheduleReason",
    "shop_orders_Kind": "OrderKind",
    "web_api_jobs_Progress": "JobProgress",
    "web_api_orders_Order": "Order",
}
"""By the name that Litestar gives a schema, the document's; one that is not here keeps its own."""

_PLACE = "#/components/schemas/"


def renamed(document: dict[str, Any]) -> dict[str, Any]:
    """The document with its own names of schemas, in their order, wherever they are named."""
    found: dict[str, Any] = _pointing_anew(document)
    schemas = {
        NAMES.get(name, name): schema for name, schema in found["components"]["schemas"].items()
    }
    for name, schema in schemas.items():
        if "title" in schema:
            schema["title"] = name
    found["components"]["schemas"] = dict(sorted(schemas.items()))
    return found


def _pointing_anew(value: Any) -> Any:
    if isinstance(value, list):
        return [_pointing_anew(each) for each in value]
    if not isinstance(value, dict):
        return value
    found = {key: _pointing_anew(each) for key, each in value.items()}
    target = found.get("$ref")
    if isinstance(target, str):
        name = target.removeprefix(_PLACE)
        found["$ref"] = _PLACE + NAMES.get(name, name)
    return found
