"""The examples are run, as their first lines say."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
from tests.end_to_end.parts import environment, running

ROOT = Path(__file__).parent.parent


def run(module: str, env: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_plain_taskiq_code_runs_under_taskiqs_own_commands(
    database_url: str, tmp_path: Path
) -> None:
    env = environment(tmp_path, DATABASE_URL=database_url)
    taskiq = str(Path(sys.executable).with_name("taskiq"))
    worker = subprocess.Popen(
        [taskiq, "worker", "examples.plain_taskiq:broker", "--workers", "1"],
        cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        said = run("examples.plain_taskiq", env).splitlines()
    finally:
        worker.terminate()
        _, errors = worker.communicate(timeout=60)
    assert said == ["Hello, Ada!", "done after 3 attempts"], errors.decode()[-3000:]


async def test_a_receipt_is_sent_for_an_order_that_was_placed(
    database_url: str, tmp_path: Path
) -> None:
    env = environment(
        tmp_path,
        DATABASE_URL=database_url,
        PYTHONPATH=os.pathsep.join([os.environ["PYTHONPATH"], str(ROOT)]),
    )
    job = run("examples.order_with_receipt", env).strip()
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("select count(*) from placed") == 1
    with running("worker", "--app", "examples.order_with_receipt:app", env=env, folder=tmp_path):
        history = "select state from horarium.job_history where id = $1"
        state = None
        while state is None:
            state = await connection.fetchval(history, job)
            await asyncio.sleep(0.02)
    assert state == "succeeded"
    assert await connection.fetchval("select count(*) from receipts") == 1
    await connection.close()
