"""Logs that read well: lines with colour on a terminal, JSON lines where a program reads them.

One configuration for structlog and for the standard library's loggers, so that TaskIQ, Alembic and
uvicorn write the same lines. Nothing writes request headers, bodies or passwords.
"""

import logging
import sys
from typing import Any

import structlog

_QUIET = ("alembic", "asyncio", "uvicorn.error")


def configure(level: str, *, process: str | None = None) -> None:
    """Write logs of this level and above to standard error.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.
        process: which part of `horarium up` writes; shown on each line.
    """
    number = getattr(logging, level.upper())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if _terminal() else "iso", utc=False),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(number),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(process),
            ],
        )
    )
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(number)
    # TaskIQ logs each failed task without saying which job; the worker says it better.
    logging.getLogger("taskiq.receiver.receiver").setLevel(logging.CRITICAL)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))


def _renderers(process: str | None) -> list[Any]:
    def add_process(_logger: Any, _name: str, event: dict[str, Any]) -> dict[str, Any]:
        if process is not None:
            event["process"] = process
        return event

    # Rich tracebacks print local variables, which may hold anything.
    console = structlog.dev.ConsoleRenderer(
        pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
    )
    if _terminal():
        return [add_process, console]
    return [
        add_process,
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]


def _terminal() -> bool:
    return sys.stderr.isatty()
