"""What a worker holds by the ledger, against what it knows to hold."""

from workplace import NewClaimer, attempts, enqueue, states

from horarium.engine import Ledger


async def test_a_claim_whose_answer_was_lost_is_queued_again(
    ledger: Ledger, claimer: NewClaimer
) -> None:
    worker, other = await claimer(), await claimer()
    await enqueue(ledger, "a", "b", "c")
    (a, b), (c,) = await worker.claim(2), await other.claim(1)
    audited = await ledger.audit(worker.connection, worker.worker, [a.id])
    assert audited == ([b.id], [])
    assert await states(ledger, a.id, b.id, c.id) == ["running", "queued", "running"]
    assert (await worker.claim_one()).attempt == 1
    assert await attempts(ledger, b.id) == []


async def test_orders_that_were_not_heard_are_found(ledger: Ledger, claimer: NewClaimer) -> None:
    worker, other = await claimer(), await claimer()
    await enqueue(ledger, "a", "b", "c")
    await worker.claim(2)
    await other.claim(1)
    await ledger.cancel("b", "")
    await ledger.cancel("c", "")
    assert await ledger.audit(worker.connection, worker.worker, ["a", "b"]) == ([], ["b"])
