"""Queues with weights: each gets its share while all have work, and nobody starves."""

import asyncio
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workplace import NewClaimer, ended, enqueue, eventually, states, working

from horarium.database import STEADY_PLANS, Connection, Database, statement
from horarium.engine import Ledger, LedgerBroker, NewJob, Queues, State
from horarium.engine.worker.shares import Shares, weights_of
from horarium.errors import InvalidInput


class Line:
    """Queues in memory, served as the statement serves them."""

    def __init__(self, weights: dict[str, int]) -> None:
        self.shares = Shares(weights)
        self.waiting = dict.fromkeys(weights, 0)

    def claim(self, limit: int) -> Counter[str]:
        queues, weights, places = self.shares.turn()
        stands = sorted(
            (place + n / weight, queue)
            for queue, weight, place in zip(queues, weights, places, strict=True)
            for n in range(1, min(limit, self.waiting[queue]) + 1)
        )
        taken = Counter(queue for _, queue in stands[:limit])
        for queue, number in taken.items():
            self.waiting[queue] -= number
        self.shares.took(taken, limit)
        return taken


@pytest.mark.parametrize("limit", [1, 2, 7, 100])
def test_while_all_have_work_each_gets_its_share(limit: int) -> None:
    line = Line({"mail": 3, "reports": 1})
    line.waiting = {"mail": 10_000, "reports": 10_000}
    taken: Counter[str] = Counter()
    while taken.total() < 1000:
        taken += line.claim(limit)
    assert abs(taken["reports"] - taken.total() / 4) <= 2


def test_the_share_of_an_idle_queue_goes_to_the_others() -> None:
    line = Line({"mail": 3, "reports": 1})
    line.waiting["reports"] = 100
    assert line.claim(40) == {"reports": 40}


def test_nobody_saves_up_while_it_is_idle() -> None:
    line = Line({"a": 1, "b": 1})
    line.waiting["a"] = 1000
    for _ in range(500):
        line.claim(1)
    line.waiting["b"] = 1000
    taken = sum((line.claim(1) for _ in range(100)), Counter[str]())
    assert abs(taken["a"] - 50) <= 1


@given(
    weights=st.lists(st.integers(1, 1000), min_size=2, max_size=5),
    limits=st.lists(st.integers(1, 9), min_size=1, max_size=60),
    seed=st.integers(0, 10_000),
)
def test_a_queue_with_work_is_served_within_one_round(
    weights: list[int], limits: list[int], seed: int
) -> None:
    """While a queue has work, others of weight w get at most w/v + 1 jobs before its next."""
    line = Line({f"{n}": weight for n, weight in enumerate(weights)})
    chance = random.Random(seed)
    bound = sum(weights) / weights[0] + len(weights) + max(limits)
    others = 0
    for limit in limits * 5:
        for queue in line.waiting:
            line.waiting[queue] += chance.choice([0, 0, 3]) if queue != "0" else 1
        taken = line.claim(limit)
        others = 0 if taken["0"] else others + taken.total()
        assert others <= bound


def test_weights_are_read_where_there_are_any() -> None:
    assert weights_of(None) is None
    assert weights_of(["a", "b"]) is None
    assert weights_of({"a": None, "b": None}) is None
    assert weights_of({"a": 3, "b": None}) == {"a": 3, "b": 1}
    with pytest.raises(InvalidInput, match="1 or more"):
        weights_of({"a": 0})


async def fill(ledger: Ledger, **queues: int) -> None:
    await ledger.enqueue_many(
        NewJob(id=f"{queue} {n}", task="t", queue=queue, priority=n % 3)
        for queue, number in queues.items()
        for n in range(number)
    )


@pytest.mark.parametrize("limit", [1, 3, 40])
async def test_a_drain_of_the_ledger_keeps_the_shares(
    ledger: Ledger, claimer: NewClaimer, limit: int
) -> None:
    await fill(ledger, mail=300, reports=300, other=5)
    worker, shares = await claimer(), Shares({"mail": 3, "reports": 1})
    taken: Counter[str] = Counter()
    first: list[int] = []
    while taken.total() < 200:
        claims = await ledger.claim_shares(worker.connection, worker.worker, limit, shares.turn())
        assert len(claims) == limit
        found = Counter(claim.queue for claim in claims)
        shares.took(found, limit)
        taken += found
        first += [claim.priority for claim in claims if claim.queue == "reports"]
    assert abs(taken["reports"] - taken.total() / 4) <= 2
    assert taken["other"] == 0
    # Within a queue priorities count as ever.
    assert set(first) == {2}


async def test_what_one_queue_does_not_need_goes_to_the_other(
    ledger: Ledger, claimer: NewClaimer
) -> None:
    await fill(ledger, mail=3, reports=300)
    worker, shares = await claimer(), Shares({"mail": 3, "reports": 1})
    claims = await ledger.claim_shares(worker.connection, worker.worker, 40, shares.turn())
    assert Counter(claim.queue for claim in claims) == {"mail": 3, "reports": 37}


async def test_a_paused_queue_and_a_lapsed_worker_get_nothing(
    ledger: Ledger, claimer: NewClaimer, database: Database
) -> None:
    await fill(ledger, mail=3, reports=3)
    await Queues(database).pause("mail")
    turn = Shares({"mail": 3, "reports": 1}).turn()
    lapsed = await claimer(lease=-1.0)
    assert await ledger.claim_shares(lapsed.connection, lapsed.worker, 9, turn) == []
    worker = await claimer()
    claims = await ledger.claim_shares(worker.connection, worker.worker, 9, turn)
    assert {claim.queue for claim in claims} == {"reports"}


async def test_the_workers_runs_follow_the_weights(
    broker: LedgerBroker, ledger: Ledger, database: Database
) -> None:
    """One slot: every claim is of one job, and the shares hold over many claims."""
    began: list[str] = []

    @broker.task("t")
    async def t(queue: str) -> None:
        began.append(queue)

    queues = ("mail", "reports")
    await ledger.enqueue_many(
        NewJob(task="t", queue=queue, arguments=b'{"args":["%s"],"kwargs":{}}' % queue.encode())
        for queue in queues
        for _ in range(60)
    )
    await enqueue(ledger, "elsewhere", queue="other")
    async with working(broker.worker(queues={"mail": 3, "reports": 1}, slots=1)):
        await eventually(lambda: count(ledger), 120)
    assert abs(Counter(began[:60])["reports"] - 15) <= 1
    assert await states(ledger, "elsewhere") == ["queued"]


async def count(ledger: Ledger) -> int:
    return (await ledger.counts()).get(State.SUCCEEDED, 0)


async def test_jobs_with_limits_pass_the_gate_from_weighted_queues_too(
    broker: LedgerBroker, ledger: Ledger
) -> None:
    @broker.task("limited", queue="mail", concurrency_limit=1)
    async def limited(n: int) -> int:
        return n

    sent = [await limited.kiq(n) for n in range(5)]
    async with working(broker.worker(queues={"mail": 3, "reports": 1})):
        for each in sent:
            assert (await ended(ledger, each.task_id)).state is State.SUCCEEDED


async def test_the_plan_goes_by_the_index(ledger: Ledger, database: Database) -> None:
    await fill(ledger, mail=3000, reports=3000, other=3000)
    connection: Connection = await database.connect("plans", STEADY_PLANS)
    sql = statement("horarium.engine.jobs", "claim_shares")
    rows: list[Any] = await connection.fetch(
        f"explain {_given(sql)}"  # the same text with values in place
    )
    await connection.close()
    plan = "\n".join(row[0] for row in rows)
    assert "jobs_queued" in plan
    assert "Seq Scan on jobs" not in plan


@pytest.mark.parametrize(
    ("queues", "is_refused"),
    [
        ({"mail:high": None}, True),
        ({"default:high": None}, True),
        ({"mail:eu": None}, False),  # a task is sent there
        ({"post:eu": None}, False),  # nobody knows of a queue `post` either
        ({"mail:high": 1}, False),
        (["mail:high"], False),
    ],
)
async def test_what_is_no_weight_is_not_taken_for_a_part_of_a_queues_name(
    broker: LedgerBroker, queues: Any, is_refused: bool
) -> None:
    for queue in ("mail", "mail:eu"):
        broker.task(f"to {queue}", queue=queue)(asyncio.sleep)
    if is_refused:
        with pytest.raises(InvalidInput, match=r"'high' is no weight.*:high:1"):
            broker.worker(queues=queues)
    else:
        assert broker.worker(queues=queues)


def _given(sql: str) -> str:
    values = ("0", "'{mail,reports}'", "10", "null", "'{3,1}'", "'{0,0}'")
    for number, value in enumerate(values, 1):
        sql = sql.replace(f"${number}", value)
    return "\n".join(line for line in sql.splitlines() if not line.startswith("--"))
