"""TaskIQ's ``schedule`` label, read: rules, zones, and what happens when due times collide."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, get_args

import msgspec

from horarium.engine.broker.calls import scheduled
from horarium.engine.broker.parameters import Parameters, parameters_of
from horarium.engine.schedules.schedule import (
    DAY,
    CatchUp,
    Overlap,
    Schedule,
    check,
    completed,
    usual_overlap,
)
from horarium.engine.schedules.timetable import (
    At,
    Calendar,
    Cron,
    Every,
    OnFold,
    OnGap,
    Rule,
    Timetable,
)
from horarium.errors import InvalidInput

if TYPE_CHECKING:
    from horarium.engine.broker.broker import LedgerBroker

RULES = ("cron", "interval", "time")
_OWN = (
    "overlap", "catch_up", "catch_up_window", "on_gap", "on_fold", "jitter", "calendar",
    "starts_at", "ends_at", "max_firings",
)  # fmt: skip
_KNOWN = frozenset({*RULES, *_OWN, "cron_offset", "args", "kwargs", "labels", "schedule_id"})
_ZONES_OF_PARTS = {
    -9.5: "Pacific/Marquesas", 3.5: "Asia/Tehran", 4.5: "Asia/Kabul", 5.5: "Asia/Kolkata",
    5.75: "Asia/Kathmandu", 6.5: "Asia/Yangon", 8.75: "Australia/Eucla", 9.5: "Australia/Darwin",
}  # fmt: skip
"""Zones without clock changes whose offset is not whole hours."""
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def declared_schedules(broker: "LedgerBroker") -> list[Schedule]:
    """The schedules in the labels of the broker's tasks.

    Raises:
        InvalidInput: one of them cannot be kept; the field names the task and the label.
    """
    found: dict[str, Schedule] = {}
    for name, task in broker.get_all_tasks().items():
        try:
            for schedule in _declared(name, task.labels, parameters_of(task)):
                _refuse_second(schedule, found)
                found[schedule.id] = schedule
        except InvalidInput as error:
            raise InvalidInput(f"schedule of {name}, {error.field}", error.reason) from None
    return list(found.values())


def _declared(
    task: str, labels: Mapping[str, Any], parameters: Parameters | None
) -> Iterator[Schedule]:
    given = labels.get("schedule") or []
    if not isinstance(given, list | tuple) or not all(isinstance(v, Mapping) for v in given):
        raise InvalidInput("schedule", "it takes a list of dicts, one for each schedule")
    for number, values in enumerate(given, start=1):
        own = task if number == 1 else f"{task}#{number}"
        schedule = read(str(values.get("schedule_id") or own), task, values, labels, parameters)
        # As it is going to be kept; from when an interval is counted does not matter here.
        check(completed(schedule, None, _ANY_TIME))
        yield schedule


def _refuse_second(schedule: Schedule, found: Mapping[str, Schedule]) -> None:
    if schedule.id in found:
        other = found[schedule.id].task
        raise InvalidInput("schedule_id", f"{schedule.id!r} is that of a schedule of {other} too")


def read(
    id: str,
    task: str,
    values: Mapping[str, Any],
    declared: Mapping[str, Any],
    parameters: Parameters | None = None,
) -> Schedule:
    """A schedule from TaskIQ's ``schedule`` label.

    Args:
        parameters: of the task, which limits may name.

    Raises:
        InvalidInput: a field is unknown or has a value that it does not take.
    """
    for name in values:
        if name not in _KNOWN:
            raise InvalidInput(
                name, f"there is no such field; known are {', '.join(sorted(_KNOWN))}"
            )
    own = _mapping("labels", values.get("labels"))
    args, kwargs = _args(values.get("args")), _mapping("kwargs", values.get("kwargs"))
    catch_up = _choice("catch_up", CatchUp, values.get("catch_up", CatchUp.LATEST))
    return Schedule(
        id=id,
        timetable=_timetable(id, values),
        overlap=_choice("overlap", Overlap, values.get("overlap", usual_overlap(catch_up))),
        catch_up=catch_up,
        catch_up_window=_seconds("catch_up_window", values.get("catch_up_window", DAY)),
        **scheduled(task, declared, own, args, kwargs, parameters),
    )


def _timetable(id: str, values: Mapping[str, Any]) -> Timetable:
    return Timetable(
        rule=_rule(values),
        zone=_zone(values.get("cron_offset")),
        starts_at=_instant("starts_at", values.get("starts_at")),
        ends_at=_instant("ends_at", values.get("ends_at")),
        max_firings=_count("max_firings", values.get("max_firings")),
        jitter=timedelta(seconds=_seconds("jitter", values.get("jitter", 0.0))),
        on_gap=_one_of("on_gap", OnGap, values.get("on_gap", "first_valid")),
        on_fold=_one_of("on_fold", OnFold, values.get("on_fold", "first")),
        calendar=_calendar(values.get("calendar")),
        key=id,
    )


def _rule(values: Mapping[str, Any]) -> Rule:
    given = [name for name in RULES if values.get(name) is not None]
    if len(given) != 1:
        raise InvalidInput("schedule", "it takes exactly one of cron, interval and time")
    match given[0]:
        case "cron":
            return Cron(str(values["cron"]))
        case "interval":
            return Every(seconds=_interval(values["interval"]))
        case _:
            instant = _instant("time", values["time"])
            if instant is None:
                raise InvalidInput("time", "it takes an instant")
            return At(instant)


def _zone(offset: Any) -> str:
    """TaskIQ's `cron_offset`: a zone's name, or a fixed offset, for which there are zones too."""
    if offset is None:
        return "UTC"
    if isinstance(offset, str):
        return offset
    if not isinstance(offset, timedelta):
        raise InvalidInput("cron_offset", "it takes the name of a zone, or a timedelta")
    hours = offset / timedelta(hours=1)
    if hours == 0:
        return "UTC"
    if hours.is_integer() and -12 <= hours <= 14:
        # TaskIQ adds the offset to UTC; the names of these zones count the other way.
        return f"Etc/GMT{-int(hours):+d}"
    if hours in _ZONES_OF_PARTS:
        return _ZONES_OF_PARTS[hours]
    raise InvalidInput(
        "cron_offset",
        f"no zone is always {offset} from UTC; name the zone instead, such as Europe/Moscow, "
        "so that clock changes are right too",
    )


def _interval(value: Any) -> int:
    seconds = _seconds("interval", value)
    if seconds < 1 or not seconds.is_integer():
        raise InvalidInput(
            "interval", f"{value!r} cannot be used; it takes whole seconds, 1 or more"
        )
    return int(seconds)


def _seconds(field: str, value: Any) -> float:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(value)
    raise InvalidInput(
        field, f"{value!r} cannot be used; it takes seconds, 0 or more, or a timedelta"
    )


def _instant(field: str, value: Any) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise InvalidInput(field, f"{value!r} is no time; it takes RFC 3339 text") from None
    if not isinstance(value, datetime):
        raise InvalidInput(field, f"{value!r} cannot be used; it takes a datetime")
    # TaskIQ reads times without a zone as UTC.
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _count(field: str, value: Any) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise InvalidInput(field, f"{value!r} cannot be used; it takes a whole number")


def _one_of(field: str, choices: Any, value: Any) -> Any:
    if value in get_args(choices):
        return value
    raise InvalidInput(field, f"{value!r} is none of its choices: {', '.join(get_args(choices))}")


def _mapping(field: str, value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
        return dict(value)
    raise InvalidInput(field, f"{value!r} cannot be used; it takes a dict with names as keys")


def _args(value: Any) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, list | tuple):
        return list(value)
    raise InvalidInput("args", f"{value!r} cannot be used; it takes a list")


def _calendar(value: Any) -> Calendar | None:
    if value is None or isinstance(value, Calendar):
        return value
    try:
        return msgspec.convert(value, Calendar)
    except msgspec.ValidationError as error:
        raise InvalidInput("calendar", str(error)) from None


def _choice(field: str, kind: Any, value: Any) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise InvalidInput(
            field, f"{value!r} is none of its choices: {', '.join(each.value for each in kind)}"
        ) from None
