"""Changing and deleting users, products and orders over HTTP, and lists for programs."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest
from problem_documents import refused

MUGS: dict[str, Any] = {"items": [{"product_id": "mug", "quantity": 4}]}
WRAP: dict[str, Any] = {"items": [{"product_id": "wrap", "quantity": 1}]}
ANY = {"If-Match": "*"}


async def stock(client: httpx.AsyncClient) -> int:
    left: int = (await client.get("/products/mug")).json()["stock"]
    return left


@pytest.mark.parametrize(
    ("path", "new", "change", "other"),
    [
        ("/users", {"name": "Ada"}, {"name": "Bob", "zone": "Asia/Tokyo"}, {"country": "Japan"}),
        (
            "/products",
            {"name": "CUP", "price": "2"},
            {"price": "2.50", "stock": 4},
            {"name": "MUG"},
        ),
        ("/orders", MUGS, {"status": "paid"}, {"placed_at": "2026-01-01T00:00:00Z"}),
    ],
)
async def test_two_who_edit_do_not_undo_each_other(
    client: httpx.AsyncClient,
    shelf: None,
    path: str,
    new: dict[str, Any],
    change: dict[str, Any],
    other: dict[str, Any],
) -> None:
    made = await client.post(path, json={**new, "id": "2026/1 & more"})
    place = f"{path}/2026%2F1%20%26%20more"
    tag = {"If-Match": made.headers["etag"]}
    assert (await client.get(place)).headers["etag"] == made.headers["etag"]
    refused(await client.patch(place, json=change), 428, says="If-Match is needed")
    changed = await client.patch(place, json=change, headers=tag)
    assert changed.status_code == 200, changed.text
    assert {name: changed.json()[name] for name in change} == change
    refused(await client.patch(place, json=other, headers=tag), 412, says="read it again")
    refused(await client.delete(place, headers=tag), 412)
    assert (await client.get(place)).json() == changed.json()
    both = await client.patch(place, json=other, headers={"If-Match": changed.headers["etag"]})
    assert {name: both.json()[name] for name in {**change, **other}} == {**change, **other}
    weak = {"If-Match": f"W/{both.headers['etag']}"}
    refused(await client.patch(place, json=change, headers=weak), 412)
    refused(await client.patch(place, json={}, headers={"If-Match": "42"}), 400, field="If-Match")


async def test_what_is_known_is_not_sent_again(client: httpx.AsyncClient, shelf: None) -> None:
    tag = {"If-None-Match": (await client.get("/products/mug")).headers["etag"]}
    same = await client.get("/products/mug", headers=tag)
    assert (same.status_code, same.content) == (304, b"")
    await client.post("/orders", json=MUGS)
    now = await client.get("/products/mug", headers=tag)
    assert (now.status_code, now.json()["stock"]) == (200, 6)


async def test_cancelling_gives_back_once(client: httpx.AsyncClient, shelf: None) -> None:
    await client.post("/orders", json={**MUGS, "id": "a/b"})
    assert await stock(client) == 6
    first = await client.post("/orders/a%2Fb/cancellation")
    assert (first.status_code, first.json()["status"]) == (200, "cancelled")
    again = await client.post("/orders/a%2fb/cancellation")
    assert again.json() == first.json()
    assert await stock(client) == 10
    refused(await client.post("/orders/a/cancellation"), 404, says="no order with the id a")
    answer = await client.patch("/orders/a%2Fb", json=WRAP, headers=ANY)
    assert refused(answer, 409, says="is cancelled")["instance"] == "/orders/a%2Fb"


async def test_items_are_changed(client: httpx.AsyncClient, shelf: None) -> None:
    await client.post("/orders", json={**MUGS, "id": "1"})
    await client.patch("/products/mug", json={"price": "3"}, headers=ANY)
    items = [*WRAP["items"], {"product_id": "mug", "quantity": 9}]
    changed = (await client.patch("/orders/1", json={"items": items}, headers=ANY)).json()
    assert [(i["product_id"], i["price"]) for i in changed["items"]] == [
        ("wrap", "0.50"), ("mug", "2.55"),
    ]  # fmt: skip
    assert changed["total_amount"] == "23.45"
    assert await stock(client) == 1
    items[1]["quantity"] = 12
    answer = await client.patch("/orders/1", json={"items": items}, headers=ANY)
    problem = refused(answer, 409, says="insufficient stock of mug: 3 wanted, 1 left")
    assert (problem["product"], problem["wanted"], problem["left"]) == ("mug", 3, 1)
    assert (await client.get("/orders/1")).json() == changed


async def test_what_is_referred_to_is_kept(client: httpx.AsyncClient, shelf: None) -> None:
    await client.post("/users", json={"name": "Ada", "id": "ada"})
    await client.post("/orders", json={**MUGS, "id": "1", "user_id": "ada"})
    refused(await client.delete("/users/ada"), 409, says="there are orders of it")
    refused(await client.delete("/products/mug"), 409, says="set its stock to 0 instead")
    await client.patch("/orders/1", json={"status": "paid"}, headers=ANY)
    refused(await client.delete("/orders/1"), 409, says="order 1 is paid")
    await client.post("/orders/1/cancellation")
    for path in ("/orders/1", "/users/ada", "/products/mug"):
        assert (await client.delete(path)).status_code == 204
        refused(await client.delete(path), 404)
        refused(await client.get(path), 404)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/products/mug", {"stock": -1}, "stock"),
        ("/products/mug", {"stock": 1, "stock_change": 1}, "stock_change"),
        ("/products/wrap", {"stock_change": 1}, "stock_change"),
        ("/products/mug", {"price": "-1"}, "price"),
        ("/products/mug", {"currency": "gbp"}, "currency"),
        ("/products/mug", {"name": None}, "name"),
        ("/products/mug", {"colour": "red"}, "colour"),
        ("/orders/1001", {"items": []}, "items"),
        ("/orders/1001", {"items": [{"product_id": "cup", "quantity": 1}]}, "items[0].product_id"),
        ("/orders/1001", {"items": [{"product_id": "mug", "quantity": -1}]}, "items[0].quantity"),
        ("/orders/1001", {"status": "lost"}, "status"),
        ("/orders/1001", {"user_id": "nobody"}, "user_id"),
        ("/orders/1001", {"placed_at": "yesterday"}, "placed_at"),
        ("/orders/1001", {"placed_at": "0001-01-01T00:00:00Z"}, "placed_at"),
    ],
)
async def test_changes_that_are_refused(
    refusing: httpx.AsyncClient, path: str, body: dict[str, Any], field: str
) -> None:
    refused(await refusing.patch(path, json=body, headers=ANY), 400, field=field)


async def test_more_than_there_is_cannot_be_taken_away(refusing: httpx.AsyncClient) -> None:
    answer = await refusing.patch("/products/mug", json={"stock_change": -99}, headers=ANY)
    refused(answer, 409, says="insufficient stock of mug: 99 wanted")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/orders", ["o/6", "o/4", "o/5", "o/2", "o/3", "o/0", "o/1"]),
        ("/users", [f"u/{number}" for number in range(7)]),
        ("/products", [*"0123456", "mug", "wrap"]),
    ],
)
async def test_lists_are_followed_to_their_end(
    client: httpx.AsyncClient, shelf: None, path: str, expected: list[str]
) -> None:
    for number in range(7):
        day = f"2026-01-0{1 + number // 2}T00:00:00Z"
        await client.post("/orders", json={**WRAP, "id": f"o/{number}", "placed_at": day})
        await client.post("/users", json={"name": "Ada", "id": f"u/{number}"})
        await client.post("/products", json={"name": "CUP", "price": "1", "id": f"{number}"})
    page = (await client.get(path, params={"count": 2})).json()
    assert page["total"] == len(expected)
    seen = [item["id"] for item in page["items"]]
    while page["next"]:
        # Who comes in before what was seen moves nothing.
        await client.post("/users", json={"name": "Early", "id": f"a{len(seen)}"})
        page = (await client.get(path, params={"count": 2, "cursor": page["next"]})).json()
        assert (page["total"], page["page"], page["count"]) == (None, None, 2)
        seen += [item["id"] for item in page["items"]]
    assert seen == expected


@pytest.mark.parametrize("path", ["/orders", "/users", "/products"])
async def test_cursors_that_no_list_gave(refusing: httpx.AsyncClient, path: str) -> None:
    for cursor in ("", "x", "!", "W10", "WyIwMDAxLTAxLTAxVDAwOjAwOjAwWiIsMV0", "é", "x" * 5000):
        refused(await refusing.get(path, params={"cursor": cursor}), 400, field="cursor")


async def test_ids_of_any_kind_are_found(client: httpx.AsyncClient) -> None:
    for identity in ("a/b", "/", "a/", "//x", "a?b#c", "50%", "%2F", "ü/ß", "\\", "a b", "+"):
        made = await client.post("/users", json={"name": "Ada", "id": identity})
        assert made.status_code == 201
        found = await client.get(f"/users/{quote(identity, safe='')}")
        assert found.json() == made.json(), identity
    refused(await client.get("/users/a%1Fb"), 404)
