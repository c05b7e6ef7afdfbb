"""Routes as settings write them, and the addresses that webhooks may go to."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from horarium.deliveries import routes, signature
from horarium.deliveries.webhook import is_public
from horarium.errors import InvalidSetting
from horarium.settings import load

FILE = """
[deliveries.finance]
report = "orders"
mail = ["boss@example.org", "books@example.org"]
format = "xlsx"

[deliveries.warehouse]
webhook = "https://warehouse.example.org/hook"
secret = "Warehouse"

[secrets]
warehouse = "of the file"
"""
SECRETS = {"till": "s3cret"}


def test_routes_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "horarium.toml").write_text(FILE)
    settings = load({}, tmp_path)
    found = routes(settings.deliveries, settings.secrets)
    assert found["finance"].recipients == ["boss@example.org", "books@example.org"]
    assert (found["warehouse"].channel, found["warehouse"].recipients) == ("webhook", ["warehouse"])
    assert "of the file" not in f"{settings} {settings.secrets!r} {settings.secrets}"
    given = load({"HORARIUM_SECRET_WAREHOUSE": "of the environment"}, tmp_path)
    assert given.secrets["warehouse"] == "of the environment"
    by_json = load({"HORARIUM_DELIVERIES": '{"a": {"mail": "a@x.org"}}'}, tmp_path)
    assert list(routes(by_json.deliveries, {})) == ["a"]
    with pytest.raises(InvalidSetting, match="HORARIUM_DELIVERIES"):
        load({"HORARIUM_DELIVERIES": "a@x.org"}, tmp_path)


@pytest.mark.parametrize(
    ("route", "says"),
    [
        ({}, "either mail or webhook"),
        ({"mail": "a@x.org", "webhook": "https://x.org", "secret": "till"}, "one of the two"),
        ({"mail": "boss"}, "no mail address"),
        ({"mail": ["a@x.org", "a@x.org"]}, "named twice"),
        ({"mail": "a@x.org", "format": "docx"}, "docx"),
        ({"mail": "a@x.org", "fromat": "csv"}, "fromat"),
        ({"mail": "a@x.org", "secret": "till"}, "are of webhooks"),
        ({"webhook": "ftp://x.org", "secret": "till"}, "https:// or http://"),
        ({"webhook": "https://me:pw@x.org", "secret": "till"}, "without a name and a password"),
        ({"webhook": "https://x.org"}, "needs a secret"),
        ({"webhook": "https://x.org", "secret": "none"}, "HORARIUM_SECRET_NONE"),
    ],
)
def test_routes_that_cannot_be_used(route: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidSetting, match=says) as refusal:
        routes({"finance": route}, SECRETS)
    assert "deliveries.finance" in str(refusal.value)
    assert "s3cret" not in str(refusal.value)


def test_what_a_route_takes() -> None:
    route = routes({"a": {"report": "orders", "mail": "a@x.org"}}, {})["a"]
    assert route.takes("orders", "schedule", timedelta(days=31))
    assert not route.takes("orders", "schedule", timedelta(days=31, seconds=1))
    assert not route.takes("orders", "backfill", timedelta(0))
    assert not route.takes("others", "schedule", timedelta(0))


def test_public_addresses() -> None:
    assert is_public("8.8.8.8")
    assert is_public("2001:4860:4860::8888")
    for address in (
        "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "0.0.0.0",
        "::1", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "100.64.0.1",
        "224.0.0.1",
    ):  # fmt: skip
        assert not is_public(address), address


def test_a_signature_that_others_can_compute() -> None:
    # printf '1774829400.{"a":1}' | openssl dgst -sha256 -hmac s3cret
    found = signature("s3cret", 1774829400, b'{"a":1}')
    assert found == "v1=a20a76ae0db6d5212997ca0f8d049508e3d10080e3e41e91283fb8e474d4c063"
    assert found != signature("s3cret", 1774829401, b'{"a":1}')
