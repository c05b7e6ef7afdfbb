"""The API's description: complete, and readable without the internet."""

import json
import re
from typing import Any

import httpx

from horarium.application import Horarium
from horarium.engine import Cron, Schedule, Timetable
from horarium.web import asgi
from horarium.web.api.parameters import LAST_PAGE, MOST_ITEMS
from horarium.web.reference.names import NAMES
from horarium.web.request import parameters

ROUTES = {
    ("get", "/"), ("get", "/docs"), ("get", "/schema"),
    ("get", "/health"), ("get", "/health/ready"),
    ("get", "/report"), ("post", "/report"), ("get", "/report/all"), ("get", "/reports/all"),
    ("get", "/report/summary"), ("get", "/report/export"), ("post", "/report/exports"),
    ("get", "/reports/{name}/export"), ("get", "/exports/{export_id}"),
    ("get", "/exports/{export_id}/file"), ("get", "/deliveries"),
    ("get", "/deliveries/{delivery_id}"), ("post", "/deliveries/{delivery_id}/retries"),
    ("post", "/report/generate"), ("get", "/jobs/{job_id}"),
    ("get", "/users"), ("post", "/users"), ("get", "/users/{user_id}"),
    ("get", "/products"), ("post", "/products"), ("get", "/products/{product_id}"),
    ("get", "/orders"), ("post", "/orders"), ("get", "/orders/{order_id}"),
    ("get", "/reviews"), ("post", "/reviews"), ("get", "/reviews/{review_id}"),
    ("patch", "/reviews/{review_id}"), ("delete", "/reviews/{review_id}"),
    ("get", "/reports"), ("get", "/reports/{name}"), ("get", "/reports/{name}/periods"),
    ("get", "/reports/{name}/periods/{start}"), ("post", "/reports/{name}/periods/{start}/builds"),
    ("get", "/reports/{name}/periods/{start}/revisions"),
    ("get", "/reports/{name}/periods/{start}/revisions/{number}"),
    ("get", "/reports/{name}/periods/{start}/revisions/{number}/rows"),
    ("post", "/polarities"), ("get", "/polarities/task/{task_id}"),
}  # fmt: skip

AGREEING = (
    *("/pause", "/resume", "/trigger", "/preview", "/plan", "/backfills", "/acceptance"),
    *("/polarities", "/reviews/{review_id}", "/exports"),
)
"""Routes whose bodies nothing that is there can forbid."""


async def document(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/schema")
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, Any] = answer.json()
    return found


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method, path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


async def test_every_route_is_described(refusing: httpx.AsyncClient) -> None:
    found = operations(await document(refusing))
    assert found.keys() >= ROUTES
    for operation in found.values():
        assert operation["summary"]
        assert operation["description"]
        assert all(each["description"] for each in operation.get("parameters", ()))


async def test_names_of_schemas_say_what_they_are_of(refusing: httpx.AsyncClient) -> None:
    found = await document(refusing)
    schemas = found["components"]["schemas"]
    assert len(schemas) > 100
    for name, schema in schemas.items():
        # Two of one name have their modules before it: give each a name in reference/names.py.
        assert re.fullmatch("[A-Z][A-Za-z]+", name), name
        assert schema["description"], name
        assert schema.get("title", name) == name
        assert "horarium." not in schema["description"], name
    pointed = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(found)))
    assert pointed <= schemas.keys()


def test_no_name_is_given_to_a_schema_that_is_not_there(app: Horarium) -> None:
    given = {**asgi(app).openapi_schema.to_schema()["components"]["schemas"]}
    assert given.keys() >= NAMES.keys()
    kept = given.keys() - NAMES.keys()
    assert len({*NAMES.values(), *kept}) == len(given)


async def test_lists_say_what_they_hold(refusing: httpx.AsyncClient) -> None:
    schemas = (await document(refusing))["components"]["schemas"]
    for name, schema in schemas.items():
        items = schema.get("properties", {}).get("items")
        if items is not None and name not in ("PeriodRows", "RevisionRows"):
            assert items.get("items") != {"type": "object"}, name
    assert schemas["Users"]["properties"]["items"]["items"] == {"$ref": "#/components/schemas/User"}


async def test_operations_are_named_for_what_they_do(refusing: httpx.AsyncClient) -> None:
    found = operations(await document(refusing))
    names = [operation["operationId"] for operation in found.values()]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch("[a-z]+(_[a-z]+){0,4}", name)] == []
    assert found["get", "/jobs/{job_id}/explanation"]["operationId"] == "explain_job"
    assert len({operation["summary"] for operation in found.values()}) == len(names) - 1


async def test_every_status_is_described(refusing: httpx.AsyncClient) -> None:
    for (method, path), operation in operations(await document(refusing)).items():
        expected = {"400", "500", "503"}
        if "requestBody" in operation:
            expected |= {"413", "415"} if path.endswith(AGREEING) else {"409", "413", "415"}
        if "{" in path:
            expected |= {"404"}
        answers = operation["responses"]
        assert expected <= answers.keys(), (method, path)
        for status, answer in answers.items():
            if "content" not in answer:
                assert status in ("204", "304"), (path, status)
                continue
            media_type = next(iter(answer["content"]))
            refusal = status[0] in "45"
            assert (media_type == "application/problem+json") == refusal, (path, status)


async def test_a_name_that_is_a_path_of_its_own_is_told_of(refusing: httpx.AsyncClient) -> None:
    found = operations(await document(refusing))
    for method, path, taken in (
        ("get", "/schedules/{id}", "/schedules/apply"),
        ("put", "/schedules/{id}", "/schedules/proof"),
        ("get", "/jobs/{job_id}", "/jobs/retries"),
        ("delete", "/jobs/{job_id}", "/jobs/stats"),
    ):
        assert (await refusing.request(method, taken)).status_code == 405
        assert "405" in found[method, path]["responses"], path
    for path in ("/users/{user_id}", "/orders/{order_id}", "/reports/{name}"):
        assert "405" not in found["get", path]["responses"], path


async def test_money_is_text(refusing: httpx.AsyncClient) -> None:
    schemas = (await document(refusing))["components"]["schemas"]
    assert schemas["Summary"]["properties"]["total_value"]["type"] == "string"
    assert schemas["Product"]["properties"]["price"]["oneOf"][0]["type"] == "string"
    assert schemas["NewProduct"]["properties"]["price"]["type"] == "string"


async def test_bodies_take_no_other_fields(refusing: httpx.AsyncClient) -> None:
    schemas = (await document(refusing))["components"]["schemas"]
    for name in (
        *("NewUser", "NewProduct", "NewOrder", "NewOrderItem", "NewReportRow"),
        *("ScheduleDraft", "Interval", "CalendarDraft"),
    ):
        assert schemas[name]["additionalProperties"] is False


async def test_query_parameters_cannot_be_null(refusing: httpx.AsyncClient) -> None:
    parameters = operations(await document(refusing))["get", "/report"]["parameters"]
    by_name = {parameter["name"]: parameter["schema"] for parameter in parameters}
    assert by_name["date"] == {"type": "string", "format": "date"}
    assert (by_name["count"]["minimum"], by_name["count"]["maximum"]) == (1, 1000)


async def test_the_page_shows_all_of_it_from_here(refusing: httpx.AsyncClient) -> None:
    answer = await refusing.get("/docs", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    described = await document(refusing)
    for (_, path), operation in operations(described).items():
        assert f'id="{operation["operationId"]}"' in answer.text
        assert f"<h3>{operation['summary']}</h3>" in answer.text
        assert f"<code>{path}</code>" in answer.text
    links = set(re.findall(r'href="#([^"]+)"', answer.text))
    assert links <= set(re.findall(r'id="([^"]+)"', answer.text))
    assert {f"schema-{name}" for name in described["components"]["schemas"]} & links
    loaded = re.findall(r'(?:src|href)="((?:https?:)?//[^"]+)"', answer.text)
    assert loaded == []
    assert "insufficient-stock" in answer.text


async def test_samples_of_calls_are_taken(
    app: Horarium, client: httpx.AsyncClient, shelf: None
) -> None:
    """The bodies that the page shows are accepted, where what they name is there."""
    rule = Timetable(Cron("0 0 * * *"), key="ID")
    await app.book.put(Schedule(id="ID", task="none", timetable=rule), "api")
    text = (await client.get("/docs")).text.replace("&#39;", "'").replace("&#34;", '"')
    calls = re.findall(r"curl -X POST http://localhost:8000(\S+) \\\n.*\n +-d '(.*)'</code>", text)
    assert {path for path, _ in calls} >= {"/report", "/users", "/products", "/orders"}
    for path, body in calls:
        answer = await client.post(path, content=body, headers={"Content-Type": "application/json"})
        if path.endswith("/acceptance"):
            assert "has nothing against" in answer.json()["detail"]
        elif path.startswith("/reports/NAME/"):
            assert "there is no report 'NAME'" in answer.json()["detail"]
        elif path == "/orders":
            assert [each["field"] for each in answer.json()["errors"]] == ["items[0].product_id"]
        else:
            assert answer.is_success, answer.text


async def test_what_a_route_takes_is_what_is_described(app: Horarium) -> None:
    site = asgi(app)
    described = operations(site.openapi_schema.to_schema())
    differing = [
        (method, route.path_format, taken)
        for route in site.routes
        for handler in getattr(route, "route_handlers", ())
        for method in handler.http_methods
        if (operation := described.get((method.lower(), route.path_format)))
        and (taken := set(parameters(handler)))
        != {each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"}
    ]
    assert differing == []


async def test_the_last_page_of_each_list_is_empty_and_no_error(client: httpx.AsyncClient) -> None:
    lists = [
        path
        for (method, path), operation in operations(await document(client)).items()
        if method == "get" and "page" in {each["name"] for each in operation.get("parameters", ())}
    ]
    assert len(lists) > 5
    for path in lists:
        path = path.replace("{date}", "2026-03-29")
        answer = await client.get(path, params={"page": LAST_PAGE, "count": MOST_ITEMS})
        assert answer.status_code in (200, 404), (path, answer.text)
