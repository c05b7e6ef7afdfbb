"""Users, products and orders over HTTP."""

import asyncio
from typing import Any

import httpx
import pytest
from problem_documents import refused

from horarium.application import Horarium

MUGS: dict[str, Any] = {"items": [{"product_id": "mug", "quantity": 4}]}


async def stock(client: httpx.AsyncClient) -> int:
    left: int = (await client.get("/products/mug")).json()["stock"]
    return left


async def test_a_user(client: httpx.AsyncClient) -> None:
    new = {
        "name": "Ada <b>",
        "email": "ada@example.org",
        "country": "France",
        "zone": "Europe/Paris",
    }
    answer = await client.post("/users", json=new)
    assert answer.status_code == 201
    user = answer.json()
    assert {name: user[name] for name in new} == new
    assert user["created_at"].endswith("Z")
    assert (await client.get(f"/users/{user['id']}")).json() == user
    page = (await client.get("/users", params={"email": "ADA@example.org"})).json()
    assert page == {"items": [user], "total": 1, "page": 1, "count": 10, "next": None}
    assert (await client.get("/users", params={"country": "Spain"})).json()["total"] == 0


async def test_a_user_that_is_there_already(client: httpx.AsyncClient) -> None:
    await client.post("/users", json={"name": "Ada", "id": "1", "email": "ada@example.org"})
    refused(await client.post("/users", json={"name": "Bob", "id": "1"}), 409)
    refused(await client.post("/users", json={"name": "Bob", "email": "ADA@example.org"}), 409)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": "x" * 1_000_000}, "name"),
        ({"name": 5}, "name"),
        ({"name": "Ada", "email": "nobody"}, "email"),
        ({"name": "Ada", "zone": "Mars/Base"}, "zone"),
        ({"name": "Ada", "id": ""}, "id"),
        ({"name": "Ada", "id": "x" * 256}, "id"),
        ({"name": "Ada", "nickname": "A"}, "nickname"),
    ],
)
async def test_users_that_are_refused(
    refusing: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    refused(await refusing.post("/users", json=body), 400, field=field)


async def test_a_product(client: httpx.AsyncClient) -> None:
    answer = await client.post("/products", json={"name": "MUG", "price": "0.001", "stock": 3})
    assert answer.status_code == 201
    product = answer.json()
    assert (product["price"], product["currency"], product["stock"]) == ("0.001", "GBP", 3)
    assert (await client.get(f"/products/{product['id']}")).json() == product
    assert (await client.get("/products?name=ug&available=true")).json()["items"] == [product]
    assert (await client.get("/products?available=false")).json()["items"] == []


async def test_a_price_is_taken_as_it_is_written(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    content = b'{"name": "MUG", "price": 2.10, "currency": "JPY", "stock": null}'
    product = (await client.post("/products", content=content, headers=headers)).json()
    assert (product["price"], product["stock"]) == ("2.1", None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "MUG"}, "price"),
        ({"price": "1"}, "name"),
        ({"name": "MUG", "price": "-1"}, "price"),
        ({"name": "MUG", "price": "NaN"}, "price"),
        ({"name": "MUG", "price": "1e300"}, "price"),
        ({"name": "MUG", "price": "cheap"}, "price"),
        ({"name": "MUG", "price": True}, "price"),
        ({"name": "MUG", "price": "1", "currency": "gbp"}, "currency"),
        ({"name": "MUG", "price": "1", "stock": -1}, "stock"),
        ({"name": "MUG", "price": "1", "stock": 2**31}, "stock"),
        ({"name": "MUG", "price": "1", "stock": 1.5}, "stock"),
        ({"name": "M\nUG", "price": "1"}, "name"),
    ],
)
async def test_products_that_are_refused(
    refusing: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    refused(await refusing.post("/products", json=body), 400, field=field)


async def test_an_order_takes_its_stock(client: httpx.AsyncClient, shelf: None) -> None:
    items = [*MUGS["items"], {"product_id": "wrap", "quantity": 1}]
    answer = await client.post(
        "/orders", json={"items": items, "placed_at": "2026-03-29T09:30:00+01:00"}
    )
    assert answer.status_code == 201
    order = answer.json()
    assert (order["total_amount"], order["currency"]) == ("10.70", "GBP")
    assert order["count_product"] == 2
    assert order["placed_at"] == "2026-03-29T08:30:00Z"
    assert order["items"][0] == {
        "line": 1, "product_id": "mug", "description": "WHITE MUG", "quantity": 4, "price": "2.55",
    }  # fmt: skip
    assert await stock(client) == 6
    assert (await client.get(f"/orders/{order['id']}")).json() == order
    assert (await client.get("/orders")).json()["items"] == [order]


async def test_too_little_stock(client: httpx.AsyncClient, shelf: None) -> None:
    items = [{"product_id": "wrap", "quantity": 1}, {"product_id": "mug", "quantity": 11}]
    problem = refused(
        await client.post("/orders", json={"items": items}), 409, says="insufficient stock"
    )
    assert (problem["product"], problem["wanted"], problem["left"]) == ("mug", 11, 10)
    assert problem["title"] == "Insufficient stock"
    assert await stock(client) == 10
    assert (await client.get("/orders")).json()["total"] == 0


async def test_many_orders_at_once_never_sell_what_is_not_there(
    client: httpx.AsyncClient, shelf: None
) -> None:
    answers = await asyncio.gather(*(client.post("/orders", json=MUGS) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, *[409] * 6]
    assert await stock(client) == 2


async def test_an_order_that_is_there_already(client: httpx.AsyncClient, shelf: None) -> None:
    first = await client.post("/orders", json={**MUGS, "id": "1"})
    again = await client.post("/orders", json={**MUGS, "id": "1"})
    assert (again.status_code, again.json()) == (201, first.json())
    other = {"items": [{"product_id": "wrap", "quantity": 4}], "id": "1"}
    refused(await client.post("/orders", json=other), 409, says="already")
    assert await stock(client) == 6


async def test_a_request_under_a_key_is_done_once(client: httpx.AsyncClient, shelf: None) -> None:
    headers = {"Idempotency-Key": "b7e1 4"}
    asked = [client.post("/orders", json=MUGS, headers=headers) for _ in range(5)]
    answers = await asyncio.gather(*asked)
    assert {answer.status_code for answer in answers} == {201}
    assert all(answer.json() == answers[0].json() for answer in answers)
    other = {"items": [{"product_id": "wrap", "quantity": 4}]}
    refused(await client.post("/orders", json=other, headers=headers), 409, says="b7e1 4")
    long = {"Idempotency-Key": "k" * 256}
    refused(await client.post("/orders", json=MUGS, headers=long), 400, field="Idempotency-Key")
    assert await stock(client) == 6


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "items"),
        ({"items": []}, "items"),
        ({"items": {}}, "items"),
        ({"items": [{"product_id": "mug", "quantity": -4}]}, "items[0].quantity"),
        ({"items": [{"product_id": "mug", "quantity": 0}]}, "items[0].quantity"),
        ({"items": [{"product_id": "mug", "quantity": 2**31}]}, "items[0].quantity"),
        ({"items": [{"product_id": "mug", "quantity": "4"}]}, "items[0].quantity"),
        ({"items": [{"product_id": "mug"}]}, "items[0].quantity"),
        ({"items": [{"product_id": "cup", "quantity": 1}]}, "items[0].product_id"),
        ({"items": [{"product_id": "a\0b", "quantity": 1}]}, "items[0].product_id"),
        ({"items": [{"product_id": "mug", "quantity": 1, "price": 0}]}, "items[0].price"),
        ({**MUGS, "user_id": "nobody"}, "user_id"),
        ({**MUGS, "currency": "EUR"}, "currency"),
        ({**MUGS, "placed_at": 1291161600}, "placed_at"),
        ({**MUGS, "placed_at": "2026-03-29T09:30:00"}, "placed_at"),
        ({**MUGS, "placed_at": "0001-01-01T00:00:00Z"}, "placed_at"),
        ({**MUGS, "placed_at": "soon"}, "placed_at"),
    ],
)
async def test_orders_that_are_refused_take_nothing(
    refusing: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    refused(await refusing.post("/orders", json=body), 400, field=field)


async def test_orders_are_filtered(client: httpx.AsyncClient, shelf: None) -> None:
    await client.post("/users", json={"name": "Ada", "id": "ada"})
    for order, user, at in (
        ("1", "ada", "2026-01-01T00:00:00Z"),
        ("2", None, "2026-01-02T00:00:00Z"),
    ):
        body = {"items": MUGS["items"], "id": order, "user_id": user, "placed_at": at}
        await client.post("/orders", json=body)

    async def found(query: str) -> list[str]:
        return [order["id"] for order in (await client.get(f"/orders?{query}")).json()["items"]]

    assert await found("") == ["2", "1"]
    assert await found("user_id=ada") == ["1"]
    assert await found("since=2026-01-02T00:00:00Z") == ["2"]
    assert await found("until=2026-01-02T01:00:00%2B01:00") == ["1"]
    assert await found("until=2026-01-02T01:00:00+01:00") == ["1"]
    assert await found("kind=cancellation") == []
    assert await found("status=placed&count=1&page=2") == ["1"]
    assert await found("user_id='%20or%20true--") == []


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/orders?since=1291161600", "since"),
        ("/orders?until=2026-01-01", "until"),
        ("/orders?since=0001-01-01T00:00:00Z", "since"),
        ("/orders?kind=gift", "kind"),
        ("/orders?kind=null", "kind"),
        ("/orders?status=PLACED", "status"),
        ("/orders?limit=10", "limit"),
        ("/products?available=perhaps", "available"),
        ("/products?name=%00", "name"),
        ("/users?page=0", "page"),
        ("/users?count=100000", "count"),
    ],
)
async def test_filters_that_are_refused(refusing: httpx.AsyncClient, path: str, field: str) -> None:
    refused(await refusing.get(path), 400, field=field)


@pytest.mark.parametrize("kind", ["users", "products", "orders", "jobs"])
async def test_unknown_ids(refusing: httpx.AsyncClient, kind: str) -> None:
    for identity in ("nothing", "%00", "%F0%9F%A6%8A", "%FF", "x" * 300, "'--", "..%2F.."):
        refused(await refusing.get(f"/{kind}/{identity}"), 404)


async def test_a_job(client: httpx.AsyncClient, app: Horarium) -> None:
    task_id = (await client.post("/report/generate?date=2010-12-01")).json()["task_id"]
    job = (await client.get(f"/jobs/{task_id}")).json()
    assert job["id"] == task_id
    assert (job["state"], job["queue"], job["attempt"]) == ("queued", "reports", 0)
    assert job["due_at"].endswith("Z")
    assert (job["result"], job["error"], job["took"]) == (None, None, None)
