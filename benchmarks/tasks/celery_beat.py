"""Celery beat with schedules in the code, none of them due for months."""

# mypy: disable-error-code="import-not-found,import-untyped,untyped-decorator"

from celery.schedules import crontab

from benchmarks.tasks import far_rules
from benchmarks.tasks.celery import app


def _crontab(rule: str) -> object:
    minute, hour, day, month, _ = rule.split()
    return crontab(minute=minute, hour=hour, day_of_month=day, month_of_year=month)


app.conf.beat_schedule = {
    f"far {number}": {"task": "noop", "schedule": _crontab(rule)}
    for number, rule in enumerate(far_rules())
}
