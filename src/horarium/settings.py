"""Settings: one frozen object, read once when a process starts.

Each setting comes from the environment, else from ``horarium.toml`` in the working folder (the
same name in lower case), else from its default. A value that cannot be used stops the start with
one sentence that names the setting, its source and what it takes.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from horarium import setting_values as values
from horarium.addresses import address, mask
from horarium.setting_sources import FILE, Setting, Texts, read_file
from horarium.setting_values import Keys, Secrets


def _cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a process of Horarium is told from outside. Durations are seconds, but for how many days
    ended jobs are kept (those that succeeded, and those that failed or were cancelled), firings,
    what revisions of reports changed, the journal, and the files of exports. `public_url` is where
    readers of mails and webhooks reach the API. Memory is in bytes; queues have weights, or none of
    them has.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    home: Path = Path(".horarium")
    app: str = "horarium.app"
    zone: str = "UTC"
    currency: str = "EUR"
    database_url: str | None = None
    rabbitmq_url: str | None = None
    redis_url: str | None = None
    smtp_url: str | None = None
    mail_to: str | None = None
    mail_from: str | None = None
    mail_every: float = 600.0
    concurrency: int = 100
    threads: int = 8
    processes: int = 1
    pool: int = msgspec.field(default_factory=lambda: _cores())
    queues: Mapping[str, int | None] | None = None
    recycle_after_jobs: int | None = None
    recycle_after_memory: int | None = None
    lease: float = 45.0
    poll: float = 30.0
    shutdown: float = 30.0
    keep_succeeded: int = 30
    keep_failed: int = 90
    keep_firings: int = 400
    keep_exports: int = 7
    public_url: str | None = None
    keep_journal: int = 400
    journal: str = "owned"
    journal_folder: Path | None = None
    journal_secrets: str = "masked"
    auth: str | None = None
    hosts: tuple[str, ...] | None = None
    serializer: str = "json"
    encryption_keys: Keys | None = None
    result_expires: float | None = None
    log_level: str = "info"
    polarity_model: Path | None = None
    reports: Path | None = None
    keep_revisions: int = 400
    deliveries: Mapping[str, Any] = msgspec.field(default_factory=dict)
    """Who is sent final revisions, as it was written; `horarium.deliveries.route` reads it."""
    secrets: Secrets = msgspec.field(default_factory=lambda: Secrets())
    report_sources: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Addresses of the databases that reports read, by name."""
    ready_by: str | None = None
    provisional_every: float = 60.0
    sources: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Where each setting came from: its variable, ``horarium.toml`` or ``default``."""


SETTINGS: Mapping[str, Setting] = {
    "host": Setting("HORARIUM_HOST", values.text),
    "port": Setting("HORARIUM_PORT", values.port),
    "home": Setting("HORARIUM_HOME", values.path),
    "app": Setting("HORARIUM_APP", values.text),
    "zone": Setting("HORARIUM_ZONE", values.zone),
    "currency": Setting("HORARIUM_CURRENCY", values.currency),
    "database_url": Setting("DATABASE_URL", address("postgresql", "postgres"), secret=True),
    "rabbitmq_url": Setting("RABBITMQ_URL", address("amqp", "amqps"), secret=True),
    "redis_url": Setting("REDIS_URL", address("redis", "rediss"), secret=True),
    "smtp_url": Setting("SMTP_URL", address("smtp", "smtps"), secret=True),
    "mail_to": Setting("HORARIUM_MAIL_TO", values.mail_addresses),
    "mail_from": Setting("HORARIUM_MAIL_FROM", values.mail_address),
    "mail_every": Setting("HORARIUM_MAIL_EVERY", values.seconds),
    "concurrency": Setting("HORARIUM_CONCURRENCY", values.count),
    "threads": Setting("HORARIUM_THREADS", values.count),
    "processes": Setting("HORARIUM_PROCESSES", values.count),
    "pool": Setting("HORARIUM_POOL", values.count),
    "queues": Setting("HORARIUM_QUEUES", values.queues),
    "recycle_after_jobs": Setting("HORARIUM_RECYCLE_AFTER_JOBS", values.count),
    "recycle_after_memory": Setting("HORARIUM_RECYCLE_AFTER_MEMORY", values.size),
    "lease": Setting("HORARIUM_LEASE", values.seconds),
    "poll": Setting("HORARIUM_POLL", values.seconds),
    "shutdown": Setting("HORARIUM_SHUTDOWN", values.seconds),
    "keep_succeeded": Setting("HORARIUM_KEEP_SUCCEEDED", values.days),
    "keep_failed": Setting("HORARIUM_KEEP_FAILED", values.days),
    "keep_firings": Setting("HORARIUM_KEEP_FIRINGS", values.days),
    "keep_exports": Setting("HORARIUM_KEEP_EXPORTS", values.days),
    "public_url": Setting("HORARIUM_PUBLIC_URL", address("http", "https")),
    "keep_journal": Setting("HORARIUM_KEEP_JOURNAL", values.days),
    "journal": Setting("HORARIUM_JOURNAL", values.one_of("owned", "all", "off")),
    "journal_folder": Setting("HORARIUM_JOURNAL_FOLDER", values.path),
    "journal_secrets": Setting("HORARIUM_JOURNAL_SECRETS", values.one_of("masked", "open")),
    "auth": Setting("HORARIUM_AUTH", values.one_of("required", "optional", "off")),
    "hosts": Setting("HORARIUM_HOSTS", values.hosts),
    "serializer": Setting("HORARIUM_SERIALIZER", values.one_of("json", "msgpack")),
    "encryption_keys": Setting("HORARIUM_ENCRYPTION_KEYS", values.keys, secret=True),
    "result_expires": Setting("HORARIUM_RESULT_EXPIRES", values.seconds),
    "log_level": Setting("HORARIUM_LOG_LEVEL", values.one_of("debug", "info", "warning", "error")),
    "ready_by": Setting("HORARIUM_READY_BY", values.ready_by),
    "provisional_every": Setting("HORARIUM_PROVISIONAL_EVERY", values.seconds),
    "polarity_model": Setting("HORARIUM_POLARITY_MODEL", values.path),
    "reports": Setting("HORARIUM_REPORTS", values.report_folder),
    "keep_revisions": Setting("HORARIUM_KEEP_REVISIONS", values.days),
}


def load(environment: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """Read the settings from the environment and from ``horarium.toml`` in ``folder``.

    Raises:
        InvalidSetting: a value cannot be used, or the file names a setting that does not exist.
    """
    file = read_file((folder or Path.cwd()) / FILE, SETTINGS.values())
    texts = Texts(os.environ if environment is None else environment, file)
    found = {name: texts.value(setting) for name, setting in SETTINGS.items()}
    reports, where = texts.report_sources()
    return Settings(
        **{name: value for name, (_, value) in found.items() if value is not None},
        deliveries=texts.deliveries(),
        secrets=texts.secrets(),
        report_sources=reports,
        sources={name: source for name, (source, _) in found.items()} | where,
    )


def masked(settings: Settings, name: str) -> str:
    """The setting's value as text that may be shown: passwords are replaced by stars."""
    value = getattr(settings, name)
    if value is None:
        return "not set"
    if isinstance(value, Mapping):
        return ",".join(f"{key}:{held}" if held else key for key, held in value.items())
    if type(value) is tuple:
        return ",".join(value)
    return mask(value) if SETTINGS[name].secret and isinstance(value, str) else str(value)
