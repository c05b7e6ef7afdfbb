"""What a file of order lines becomes, and what a file of the same orders changes."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from order_lines import HEADER, Write, line

from horarium.database import Connection
from horarium.errors import InvalidInput
from horarium.shop import (
    BadLines,
    Counts,
    Kind,
    NewProduct,
    NewUser,
    Progress,
    Status,
    create_product,
    create_user,
    import_orders,
    read_order,
    read_product,
    read_user,
)

NOTHING = Counts(0, 0, 0)


async def rows(connection: Connection) -> int:
    return int(await connection.fetchval("select count(*) from shop.order_items"))


async def test_lines_become_orders_users_and_products(connection: Connection, write: Write) -> None:
    path = write(
        line("536365", "85123A", "6", "2.55", user="17850", country="France", description="CUP"),
        line("C536379", "D", "-1", "27.50", user="14527", description="Discount"),
        line("A563186", "B", "1", "-11062.06", description="Adjust bad debt"),
        line("536414", "22139", "56", "0"),
    )
    done = await import_orders(connection, path)
    assert (done.lines, done.bad, done.orders, done.users, done.products) == (4, 0, 4, 2, 4)
    assert (done.added, done.changed, done.unchanged) == (Counts(4, 2, 4), NOTHING, NOTHING)
    sale = await read_order(connection, "536365")
    assert (sale.kind, sale.status, sale.user_id) == (Kind.SALE, Status.DELIVERED, "17850")
    assert (sale.total_amount, sale.currency) == (Decimal("15.30"), "GBP")
    assert sale.placed_at == done.first == datetime(2011, 1, 4, 10, tzinfo=UTC)
    cancellation = await read_order(connection, "C536379")
    assert (cancellation.kind, cancellation.status) == (Kind.CANCELLATION, Status.RETURNED)
    assert cancellation.total_amount == Decimal("-27.50")
    adjustment = await read_order(connection, "A563186")
    assert (adjustment.kind, adjustment.user_id) == (Kind.ADJUSTMENT, None)
    assert adjustment.total_amount == Decimal("-11062.06")
    assert (await read_user(connection, "17850")).country == "France"
    product = await read_product(connection, "85123A")
    assert (product.name, product.price, product.stock) == ("CUP", Decimal("2.55"), None)
    nameless = await read_product(connection, "22139")
    assert (nameless.name, nameless.price) == ("22139", None)


async def test_an_order_is_as_early_as_its_earliest_line(
    connection: Connection, write: Write
) -> None:
    path = write(
        line("1", "A", at="2011-07-01T10:02:00", user="9"),
        line("2", "B", at="2011-07-01T10:01:00"),
        line("1", "C", at="2011-07-01T10:00:00"),
        line("1", "A", at="2011-07-01T10:03:00"),
    )
    await import_orders(connection, path)
    order = await read_order(connection, "1")
    assert order.placed_at == datetime(2011, 7, 1, 9, 0, tzinfo=UTC)
    assert [(item.line, item.product_id) for item in order.items] == [(1, "A"), (2, "C"), (3, "A")]
    assert order.user_id == "9"


async def test_a_product_has_its_usual_name_and_latest_price(
    connection: Connection, write: Write
) -> None:
    path = write(
        *[line(str(n), "A", "-5", "0", description="damages") for n in range(1, 4)],
        line("5", "A", "2", "3.25", at="2011-06-01T10:00:00", description="RED CUP"),
        line("6", "A", "2", "2.95", at="2011-05-01T10:00:00", description="RED CUP"),
        line("C7", "A", "-2", "9.95", at="2011-09-01T10:00:00", description="RED CUP"),
        line("8", "A", "2", "0", at="2011-09-01T10:00:00", description="found"),
    )
    await import_orders(connection, path)
    product = await read_product(connection, "A")
    assert (product.name, product.price) == ("RED CUP", Decimal("3.25"))


async def test_again_changes_nothing(connection: Connection, write: Write) -> None:
    path = write(line("1", "A", description="CUP", user="9", country="Spain"), line("2", "B"))
    await import_orders(connection, path)
    before = await everything(connection)
    again = await import_orders(connection, path)
    assert (again.added, again.changed, again.unchanged) == (NOTHING, NOTHING, Counts(2, 1, 2))
    assert await everything(connection) == before


async def everything(connection: Connection) -> list[list[tuple[object, ...]]]:
    """All rows with the transactions that wrote them."""
    return [
        [
            tuple(row)
            for row in await connection.fetch(f"select xmin, * from shop.{t} order by 2, 3")
        ]
        for t in ("users", "products", "orders", "order_items")
    ]


async def test_only_orders_that_differ_are_altered(connection: Connection, write: Write) -> None:
    await import_orders(
        connection, write(line("1", "A"), line("1", "B"), line("2", "B"), line("3", "C"))
    )
    before = {n: await read_order(connection, n) for n in "123"}
    later = write(line("1", "A"), line("2", "B", price="2.501"), line("4", "D"))
    done = await import_orders(connection, later)
    assert (done.added, done.changed) == (Counts(1, 0, 1), Counts(2, 0, 1))
    assert done.unchanged == Counts(0, 0, 1)
    after = {n: await read_order(connection, n) for n in "123"}
    assert after["1"].count_product == 1
    assert after["2"].total_amount == Decimal("2.501")
    assert after["3"] == before["3"]
    assert after["1"].created_at == before["1"].created_at
    assert after["1"].updated_at > before["1"].updated_at
    assert (await read_product(connection, "B")).price == Decimal("2.501")


async def test_older_files_do_not_turn_products_back(connection: Connection, write: Write) -> None:
    old = write(line("1", "A", price="1", description="OLD", user="9", country="Spain"), name="old")
    new = [
        line(str(n), "A", price="2", at="2011-02-01T10:00:00", description="NEW") for n in (2, 3)
    ]
    for path in (write(*new, name="new"), old, old):
        await import_orders(connection, path)
    product = await read_product(connection, "A")
    assert (product.name, product.price) == ("NEW", Decimal(2))


async def test_the_shops_own_rows_stay_as_they_are(connection: Connection, write: Write) -> None:
    await create_product(connection, NewProduct("Cup", Decimal(4), "EUR", 7, "A"))
    await create_user(connection, NewUser("Ada", country="Norway", id="9"))
    await import_orders(connection, write(line("1", "A", "3", user="9", country="Spain")))
    product = await read_product(connection, "A")
    assert (product.name, product.price, product.stock) == ("Cup", Decimal(4), 7)
    assert (await read_user(connection, "9")).country == "Norway"
    await connection.execute("update shop.orders set status = 'returned'")
    await import_orders(connection, write(line("1", "A", "4", user="9")))
    assert (await read_order(connection, "1")).status == Status.RETURNED


async def test_descriptions_are_kept_to_the_letter(connection: Connection, write: Write) -> None:
    texts = ['6" TIN, RED', "two\nlines", "a\rb", "back\\slash\tand tab", "\\.", "\\N", "CAFÉ ☕"]
    quoted = ['"{}"'.format(text.replace('"', '""')) for text in texts]
    await import_orders(connection, write(*[line("1", description=text) for text in quoted]))
    order = await read_order(connection, "1")
    assert [item.description for item in order.items] == texts


async def test_columns_may_stand_in_any_order(connection: Connection, write: Write) -> None:
    header = ",".join(reversed(HEADER.strip().split(","))) + "\n"
    await import_orders(
        connection, write("Spain,9,2.50,2011-01-04T10:00:00,2,CUP,A,1", header=header)
    )
    assert (await read_order(connection, "1")).total_amount == Decimal("5.00")


async def test_arguments_that_cannot_be_used_are_refused(
    connection: Connection, write: Write, tmp_path: Path
) -> None:
    path = write(line())
    cases: list[tuple[dict[str, object], str]] = [
        ({"mapping": "shopify"}, "format: 'shopify' is not known; it takes uci, olist"),
        ({"zone": "Europe/Londn"}, "did you mean Europe/London"),
        ({"currency": "pound"}, "currency: 'pound' is no currency"),
        ({"skip_bad": path}, "file of their own"),
        ({"skip_bad": tmp_path}, "file of their own"),
        ({"skip_bad": tmp_path / "none" / "bad.csv"}, "cannot be written"),
    ]
    for arguments, reason in cases:
        with pytest.raises(InvalidInput, match=reason):
            await import_orders(connection, path, **arguments)  # type: ignore[arg-type]
    assert await rows(connection) == 0
    assert path.read_text().startswith(HEADER)


async def test_it_joins_the_transaction_around_it(connection: Connection, write: Write) -> None:
    transaction = connection.transaction()
    await transaction.start()
    await import_orders(connection, write(line("1")))
    await import_orders(connection, write(line("2"), line("3")))
    with pytest.raises(BadLines):
        await import_orders(connection, write("x"))
    assert await rows(connection) == 3
    await transaction.rollback()
    assert await rows(connection) == 0


async def test_imports_at_once_take_turns(clients: list[Connection], write: Write) -> None:
    path = write(*[line(str(n % 500), str(n % 7)) for n in range(3_000)])
    done = await asyncio.gather(*(import_orders(client, path) for client in clients[:3]))
    assert sorted(d.added.orders for d in done) == [0, 0, 500]
    assert await rows(clients[0]) == 3_000


async def test_progress_ends_with_all_lines_and_bytes(connection: Connection, write: Write) -> None:
    seen: list[Progress] = []
    path = write(*[line(str(n)) for n in range(10_000)])
    await import_orders(connection, path, progress=seen.append)
    reading = [p for p in seen if p.stage == "reading"]
    assert [p.lines for p in reading] == [4096, 8192, 10_000, 10_000]
    assert reading[-1].bytes_read == reading[-1].bytes_total == path.stat().st_size
    assert [p.stage for p in seen[-4:]] == [
        "comparing",
        "storing orders",
        "storing lines",
        "naming products",
    ]


@pytest.mark.parametrize("stage", ["reading", "storing lines"])
async def test_a_cancelled_import_leaves_nothing(
    connection: Connection, write: Write, stage: str
) -> None:
    path = write(*[line(str(n)) for n in range(10_000)])

    def stop(progress: Progress) -> None:
        if progress.stage == stage:
            task.cancel()

    task = asyncio.create_task(import_orders(connection, path, progress=stop))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await rows(connection) == 0
    assert (await import_orders(connection, path)).added.orders == 10_000
