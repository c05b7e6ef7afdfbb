"""What an application is put together from, and that nobody waits for parts he does not use."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import horarium.engine
import horarium.exports
from horarium import Horarium, builtin_tasks
from horarium.settings import Settings

NEVER_NEEDED = (
    # Of the house
    "horarium.accounts", "horarium.deliveries", "horarium.embedded", "horarium.engine.schedules",
    "horarium.engine.watches.watchers", "horarium.exports.requests", "horarium.exports.writing",
    "horarium.journal", "horarium.mail", "horarium.polarity", "horarium.reports", "horarium.shop",
    "horarium.testing", "horarium.web",
    # What they stand on
    "aio_pika", "aiosmtplib", "alembic", "cronsim", "faststream", "granian", "jinja2", "litestar",
    "prometheus_client", "psutil", "pyarrow", "reportlab", "snowballstemmer", "sqlalchemy",
    "vaderSentiment", "xlsxwriter",
)  # fmt: skip
"""Modules that a worker of a user's own tasks has no use for."""

SHOP = """
import sys

from horarium import Horarium

app = Horarium(builtin={builtin})

@app.broker.task("modules")
async def modules() -> list[str]:
    return sorted(sys.modules)
"""


@pytest.mark.parametrize("builtin", [True, False])
async def test_a_worker_imports_nothing_that_it_does_not_use(
    database_url: str, tmp_path: Path, builtin: bool
) -> None:
    (tmp_path / "own_shop.py").write_text(SHOP.format(builtin=builtin))
    app = Horarium(Settings(database_url=database_url), builtin=False)
    task: Any = app.broker.register_task(_nothing, "modules")
    env = {**os.environ, "DATABASE_URL": database_url, "HORARIUM_APP": "own_shop:app"}
    async with app.running():
        sent = await task.kiq()
        command = [sys.executable, "-m", "horarium", "worker"]
        with subprocess.Popen(command, env=env, cwd=tmp_path) as worker:
            try:
                result = await sent.wait_result(timeout=30)
            finally:
                worker.terminate()
                await asyncio.to_thread(worker.wait, 30)
    loaded = result.return_value
    assert "horarium.engine.worker.worker" in loaded
    needless = [m for m in loaded if any(_is_in(m, each) for each in NEVER_NEEDED)]
    assert needless == []


async def _nothing() -> list[str]:
    return []


def _is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


NAMES = sorted(
    value
    for name, value in vars(builtin_tasks).items()
    if name.isupper() and isinstance(value, str)
)


@pytest.mark.parametrize("name", NAMES)
def test_a_built_in_task_is_known_by_its_name_and_declared_when_asked_for(name: str) -> None:
    broker = Horarium(Settings(database_url="postgresql://nowhere")).broker
    assert name in broker.task_names
    assert name not in broker.get_all_tasks()
    found = broker.find_task(name)
    assert found is not None
    assert found.task_name == name
    assert broker.find_task(name) is found


def test_without_the_built_in_tasks_only_what_others_need_is_known() -> None:
    broker = Horarium(Settings(database_url="postgresql://nowhere"), builtin=False).broker
    assert broker.task_names == sorted([builtin_tasks.MAKE_EXPORT, builtin_tasks.DELIVER])
    assert broker.find_task(builtin_tasks.BUILD_REPORT) is None


@pytest.mark.parametrize("package", [horarium.engine, horarium.exports])
def test_a_deferred_package_has_every_name_that_it_offers(package: Any) -> None:
    assert len(package.__all__) > 10
    for name in package.__all__:
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing_of_it'"):
        _ = package.nothing_of_it
