"""The pytest plugin, as its users' pytest runs it; and the page about it, which is such a run."""

import re
from importlib.metadata import entry_points
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

PAGE = (Path(__file__).parents[2] / "docs" / "testing.md").read_text("utf-8")
FILES = dict(re.findall(r"```\w+\n# ([\w.]+)\n(.*?)```", PAGE, re.DOTALL))
INSTALLED = any(each.name == "horarium" for each in entry_points(group="pytest11"))
OTHERS = ("-p", "no:schemathesis", "-p", "no:faker")
"""What this environment has for other tests; whoever installs Horarium does not get it."""
PLUGIN = OTHERS if INSTALLED else (*OTHERS, "-p", "horarium.pytest_plugin")


@pytest.fixture
def users(pytester: pytest.Pytester, server_url: str, monkeypatch: pytest.MonkeyPatch,
          ) -> pytest.Pytester:  # fmt: skip
    """A folder with a user's tests, on our server."""
    monkeypatch.setenv("DATABASE_URL", server_url)
    monkeypatch.delenv("HORARIUM_APP", raising=False)
    for name, text in FILES.items():
        (pytester.path / name).write_text(text, "utf-8")
    return pytester


def test_the_examples_of_the_page_pass(users: pytest.Pytester) -> None:
    done = users.runpytest_subprocess(*PLUGIN, "-W", "error")
    done.assert_outcomes(passed=9)


def test_nothing_is_left_on_the_server(users: pytest.Pytester) -> None:
    users.makepyfile(
        test_left="""
        from urllib.parse import urlsplit

        import asyncpg

        def name(url):
            return urlsplit(url).path[1:]

        def names(url):
            import asyncio
            async def look():
                connection = await asyncpg.connect(url)
                try:
                    return [r[0] for r in await connection.fetch(
                        "select datname from pg_database where datname like 'horarium_try%'")]
                finally:
                    await connection.close()
            return asyncio.run(look())

        def test_one(horarium_database):
            before = names(horarium_database)
            assert name(horarium_database) in before
            open("before", "w").write(horarium_database)

        def test_two(horarium_database):
            former = open("before").read()
            assert former != horarium_database
            assert name(former) not in names(horarium_database)
        """
    )
    users.runpytest_subprocess(*PLUGIN, "test_left.py").assert_outcomes(passed=2)


def test_the_fixtures_work_with_anyio(users: pytest.Pytester) -> None:
    users.makepyfile(
        test_anyio="""
        import pytest
        from receipts import Order, print_receipt
        from horarium.testing import run_jobs

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        @pytest.mark.anyio
        async def test_a_job(anyio_backend, horarium_app):
            await print_receipt.kiq(Order(1, []))
            assert [job.state for job in await run_jobs(horarium_app)] == ["succeeded"]
        """
    )
    done = users.runpytest_subprocess(*PLUGIN, "-p", "no:asyncio", "test_anyio.py")
    done.assert_outcomes(passed=1)


def test_an_application_that_is_not_there_is_named(users: pytest.Pytester) -> None:
    users.makefile(".ini", pytest="[pytest]\nhorarium_app = nowhere:app\nasyncio_mode = auto")
    users.makepyfile(test_app="async def test_a_job(horarium_app): ...")
    done = users.runpytest_subprocess(*PLUGIN, "test_app.py")
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*there is no module 'nowhere' here or installed*"])


def test_pytest_starts_without_importing_horariums_parts(users: pytest.Pytester) -> None:
    users.makepyfile(
        test_quick="""
        import sys

        def test_quick():
            assert "taskiq" not in sys.modules
            assert "asyncpg" not in sys.modules
        """
    )
    users.runpytest_subprocess(*PLUGIN, "test_quick.py").assert_outcomes(passed=1)
