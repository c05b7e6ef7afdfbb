"""Settings: where each comes from, what each takes, and that secrets are not shown."""

from pathlib import Path

import pytest

from horarium.addresses import mask
from horarium.errors import InvalidSetting
from horarium.settings import SETTINGS, load, masked


def test_without_anything_each_setting_has_its_default(tmp_path: Path) -> None:
    settings = load({}, tmp_path)
    assert (settings.host, settings.port, settings.zone) == ("127.0.0.1", 8000, "UTC")
    assert set(settings.sources) == set(SETTINGS)
    assert set(settings.sources.values()) == {"default"}


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "horarium.toml").write_text('horarium_port = 9000\nhorarium_zone = "Asia/Tokyo"\n')
    settings = load({"HORARIUM_PORT": "9001"}, tmp_path)
    assert (settings.port, settings.sources["port"]) == (9001, "HORARIUM_PORT")
    assert (settings.zone, settings.sources["zone"]) == ("Asia/Tokyo", "horarium.toml")


def test_an_empty_variable_counts_as_none(tmp_path: Path) -> None:
    assert load({"DATABASE_URL": ""}, tmp_path).database_url is None


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("HORARIUM_PORT", "0", "1 to 65535"),
        ("HORARIUM_PORT", "http", "1 to 65535"),
        ("HORARIUM_ZONE", "Europe/Moskow", "Europe/Moscow"),
        ("HORARIUM_CURRENCY", "pounds", "ISO 4217"),
        ("HORARIUM_CONCURRENCY", "0", "at least 1"),
        ("HORARIUM_PROCESSES", "-2", "at least 1"),
        ("HORARIUM_QUEUES", "mail,,reports", "separated by commas"),
        ("HORARIUM_QUEUES", "mail,mail:3", "cannot be used"),
        ("HORARIUM_QUEUES", "mail:0", "1 to 1000"),
        ("HORARIUM_RECYCLE_AFTER_MEMORY", "much", "500MB"),
        ("HORARIUM_RECYCLE_AFTER_MEMORY", "0", "500MB"),
        ("HORARIUM_LEASE", "-1", "greater than 0"),
        ("HORARIUM_LEASE", "nan", "greater than 0"),
        ("HORARIUM_LOG_LEVEL", "loud", "debug, info"),
        ("DATABASE_URL", "sqlite:///x", "postgresql://"),
        ("RABBITMQ_URL", "http://x", "amqp://"),
        ("SMTP_URL", "mail.example", "smtp://"),
    ],
)
def test_a_wrong_value_is_refused_by_name(
    variable: str, value: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidSetting) as refused:
        load({variable: value}, tmp_path)
    assert refused.value.field == variable
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("zone", "horarium_zone"),
        ("prot", "horarium_port"),
        ("horarium_prt", "horarium_port"),
        ("database", "database_url"),
        ("colour", None),
    ],
)
def test_a_setting_that_is_none_is_refused_with_the_one_that_was_meant(
    tmp_path: Path, written: str, meant: str | None
) -> None:
    (tmp_path / "horarium.toml").write_text(f"{written} = 1\n")
    hint = f"; did you mean {meant}?" if meant else ""
    with pytest.raises(InvalidSetting) as refused:
        load({}, tmp_path)
    assert str(refused.value).endswith(
        f"{written} in horarium.toml: there is no such setting{hint}"
    )


@pytest.mark.parametrize("text", ["horarium_port = ", "\x00", "horarium_prt = 1"])
def test_a_file_that_cannot_be_used_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "horarium.toml").write_text(text)
    with pytest.raises(InvalidSetting, match=r"horarium\.toml"):
        load({}, tmp_path)


def test_a_password_is_not_shown(tmp_path: Path) -> None:
    url = "postgresql://me:pa:ss@db.example:5433/shop?sslmode=require"
    settings = load({"DATABASE_URL": url}, tmp_path)
    assert settings.database_url == url
    assert (
        masked(settings, "database_url")
        == "postgresql://me:***@db.example:5433/shop?sslmode=require"
    )
    assert mask("postgresql:///shop") == "postgresql:///shop"
    assert masked(settings, "redis_url") == "not set"


def test_a_wrong_secret_is_not_repeated_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting) as refused:
        load({"DATABASE_URL": "mysql://me:hidden@host/db"}, tmp_path)
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1000", 1000),
        ("500MB", 500_000_000),
        ("1.5 GB", 1_500_000_000),
        ("512MiB", 512 * 2**20),
        ("2g", 2_000_000_000),
        ("64kib", 65536),
    ],
)
def test_memory_is_read_in_the_usual_units(text: str, size: int, tmp_path: Path) -> None:
    settings = load({"HORARIUM_RECYCLE_AFTER_MEMORY": text}, tmp_path)
    assert settings.recycle_after_memory == size


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("mail:0", "mail:0"),
        ("mail:-1", "mail:-1"),
        ("mail:1.5", "mail:1.5"),
        ("mail:1e3", "mail:1e3"),
        ("mail:99999999", "mail:99999999"),
        ("mail:", "mail:"),
        ("mail:3,reports:high", "'high' is no weight"),
        ("reports:high,mail:3", "reports:high:1"),
    ],
)
def test_a_weight_that_is_none_is_no_part_of_a_name(text: str, wrong: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting) as refusal:
        load({"HORARIUM_QUEUES": text}, tmp_path)
    assert refusal.value.field == "HORARIUM_QUEUES"
    assert wrong in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "queues"),
    [
        ("mail", {"mail": None}),
        ("mail, reports", {"mail": None, "reports": None}),
        ("mail:3,reports", {"mail": 3, "reports": 1}),
        ("a:b:2", {"a:b": 2}),
        ("a:b", {"a:b": None}),
        ("a:b:1,c", {"a:b": 1, "c": 1}),
    ],
)
def test_queues_are_read_with_their_weights(
    text: str, queues: dict[str, int | None], tmp_path: Path
) -> None:
    settings = load({"HORARIUM_QUEUES": text}, tmp_path)
    assert settings.queues == queues
    assert masked(settings, "queues").split(",")[0] in text + ":1"
