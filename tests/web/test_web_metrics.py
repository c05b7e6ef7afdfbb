"""Metrics: right text, right figures."""

import re

import httpx
import pytest

from horarium.application import Horarium
from horarium.engine import NewJob
from horarium.web.exposition import Measure, Sample, exposition

LINE = re.compile(r'[a-z_0-9]+(\{[a-z]+="([^"\\]|\\.)*"(,[a-z]+="([^"\\]|\\.)*")*\})? -?[0-9.e+-]+')


def test_the_text_is_escaped_and_described() -> None:
    measures = [
        Measure("a", "What it is.", [Sample(1), Sample(0.25, {"q": 'x"\\\n', "s": "y"})]),
        Measure("b", "Nothing of it.", []),
    ]
    assert exposition(measures) == (
        "# HELP a What it is.\n# TYPE a gauge\na 1\n"
        'a{q="x\\"\\\\\\n",s="y"} 0.25\n# HELP b Nothing of it.\n# TYPE b gauge\n'
    )


async def test_figures_of_an_empty_ledger(client: httpx.AsyncClient) -> None:
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'horarium_workers{state="live"} 0' in answer.text
    assert "horarium_scheduler_lag_seconds 0" in answer.text


async def test_figures(app: Horarium, client: httpx.AsyncClient) -> None:
    await app.ledger.enqueue(NewJob(id="a", task="send", queue='it"s'))
    await app.ledger.enqueue(NewJob(id="b", task="send"))
    assert await app.ledger.cancel("b", "")
    await app.queues.pause('it"s')
    text = (await client.get("/metrics")).text
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    assert 'horarium_jobs{queue="it\\"s",state="queued"} 1' in lines
    assert 'horarium_queue_paused{queue="it\\"s"} 1' in lines
    assert 'horarium_jobs_ended_5m{task="send",state="cancelled"} 1' in lines
    assert len(lines) == len(set(lines))
    (oldest,) = [line for line in lines if line.startswith("horarium_queue_oldest")]
    assert float(oldest.split()[-1]) == pytest.approx(0, abs=60)
