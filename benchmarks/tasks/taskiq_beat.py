"""TaskIQ's scheduler with schedules in the code, none of them due for months."""

# mypy: disable-error-code="import-not-found,import-untyped,untyped-decorator"

from taskiq import TaskiqScheduler
from taskiq.schedule_sources import LabelScheduleSource

from benchmarks.tasks import far_rules
from benchmarks.tasks.taskiq import broker


@broker.task("beaten", schedule=[{"cron": rule} for rule in far_rules()])
async def beaten() -> int:
    return 1


scheduler = TaskiqScheduler(broker, [LabelScheduleSource(broker)])
