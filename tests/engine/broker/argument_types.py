"""Types that arguments and results have, and values of theirs."""

import dataclasses
import enum
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, NewType, TypedDict
from uuid import UUID

import msgspec
import pydantic
from pydantic.dataclasses import dataclass as pydantic_dataclass


class Colour(enum.Enum):
    RED = "red"


class Size(enum.IntEnum):
    SMALL = 1


class Place(NamedTuple):
    x: int
    y: Decimal


@dataclasses.dataclass(frozen=True)
class Point:
    x: int
    y: int = 0


@dataclasses.dataclass
class Route:
    points: list[Point]
    note: str | None = None


@pydantic_dataclass
class Checked:
    count: Annotated[int, pydantic.Field(gt=0)]


class Line(msgspec.Struct, frozen=True):
    price: Decimal
    quantity: int = 1


class Basket(msgspec.Struct):
    items: list[Line]
    sold: "datetime | None" = None


class Circle(msgspec.Struct, tag=True):
    radius: float


class Square(msgspec.Struct, tag=True):
    side: float


class Ping(msgspec.Struct):
    ping: int


class Pong(msgspec.Struct):
    pong: int


class Item(pydantic.BaseModel):
    price: Decimal
    code: str = pydantic.Field(alias="productCode", default="none")


class Order(pydantic.BaseModel):
    number: int
    placed: datetime
    items: list[Item] = []

    @pydantic.computed_field  # type: ignore[prop-decorator]
    @property
    def total(self) -> Decimal:
        return sum((item.price for item in self.items), Decimal(0))


class Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(strict=True, extra="forbid", ser_json_bytes="base64",
                                       val_json_bytes="base64")  # fmt: skip
    day: date
    body: bytes = pydantic.Field(validation_alias="in", serialization_alias="out", default=b"")


class Money(TypedDict):
    amount: Decimal
    currency: str


Number = NewType("Number", int)
NOW = datetime(2024, 5, 1, 12, 30, 0, 5, tzinfo=UTC)
ORDER = Order(number=1, placed=NOW, items=[Item(price=Decimal("0.10"), productCode="tea")])

ROUND_TRIPS: list[tuple[Any, Any]] = [
    (int, 2**63 + 1),
    (float, 1.5),
    (float, 2),
    (bool, True),
    (str, "\N{EURO SIGN}"),
    (bytes, b"\x00\xff\xfe"),
    (bytes | None, b"\xff"),
    (Annotated[bytes, pydantic.Field(max_length=3)], b"\xff\x00"),
    (datetime, NOW),
    (datetime, NOW.replace(tzinfo=None)),
    (date, NOW.date()),
    (time, time(1, 2, 3, 4)),
    (timedelta, timedelta(days=-1, microseconds=5)),
    (Decimal, Decimal("0.10000000000000000000001")),
    (UUID, UUID(int=7)),
    (Colour, Colour.RED),
    (Size, Size.SMALL),
    (Place, Place(1, Decimal("2.50"))),
    (Point, Point(1, 2)),
    (Route, Route([Point(1), Point(2)], "n")),
    (Checked, Checked(3)),
    (list[Checked], [Checked(3)]),
    (Line, Line(Decimal("9.99"))),
    (Basket, Basket([Line(Decimal("9.99"), 2)], NOW)),
    (Circle | Square, Square(2.0)),
    (Ping | Pong, Pong(1)),
    (Order, ORDER),
    (Order | None, ORDER),
    (Order | None, None),
    (list[Order], [ORDER, ORDER]),
    (dict[str, Order], {"a": ORDER}),
    (Order | int, 5),
    (Order | Line, Line(Decimal(1))),
    (Strict, Strict.model_validate({"day": NOW.date(), "in": b"\xff"})),
    (Money, {"amount": Decimal("1.10"), "currency": "EUR"}),
    (set[int], {1, 2}),
    (frozenset[date], frozenset({NOW.date()})),
    (tuple[int, str], (1, "a")),
    (tuple[UUID, ...], (UUID(int=1),)),
    (dict[str, Decimal], {"a": Decimal("1.10")}),
    (dict[int, list[Point]], {1: [Point(1)]}),
    (dict[date, int], {NOW.date(): 1}),
    (Literal["a", 1], 1),
    (Number, Number(4)),
    (Path, Path("a/b")),
    (IPv4Address, IPv4Address("10.0.0.1")),
    (int | None, None),
    (int | str, "5"),
    (Any, {"a": [1]}),
    (Annotated[int, pydantic.Field(gt=0)], 1),
    (Annotated[str, msgspec.Meta(max_length=3)], "abc"),
]  # fmt: skip
"""Annotations, and values that come back as they were."""

REFUSED: list[tuple[Any, Any, str, str]] = [
    (int, "5", "", "Expected `int`, got `str`"),
    (int, True, "", "got `bool`"),
    (int, 1.5, "", "got `float`"),
    (int, None, "", "got `null`"),
    (str, 5, "", "got `int`"),
    (bytes, "no base64!", "", "Invalid base64"),
    (date, "2024-13-01", "", "Invalid"),
    (Colour, "blue", "", "Invalid enum value 'blue'"),
    (Order, {"placed": "2024-05-01T00:00:00Z"}, ".number", "Field required"),
    (list[Order], [{"number": "x", "placed": "2024-05-01T00:00:00Z"}], "[0].number", "integer"),
    (Order, {"number": 1, "placed": "2024-05-01T00:00:00Z", "items": [{"price": "x"}]},
     ".items[0].price", "decimal"),
    (Basket, {"items": [{"price": "1"}, {"price": "1", "quantity": "2"}]},
     ".items[1].quantity", "Expected `int`, got `str`"),
    (Line, {}, "", "missing required field `price`"),
    (dict[str, int], {"a": "x"}, "[...]", "Expected `int`"),
    (Checked, {"count": 0}, ".count", "greater than 0"),
    (Annotated[int, pydantic.Field(gt=5)], 1, "", "greater than 5"),
    (Annotated[str, msgspec.Meta(max_length=3)], "abcd", "", "length <= 3"),
    (Ping | Pong, {"pang": 1}, "", "Expected one of Ping, Pong"),
    (Path, 5, "", "path"),
    (tuple[int, str], [1], "", "length 2"),
    (Money, {"amount": "1"}, "", "currency"),
]  # fmt: skip
"""Annotations, plain data that does not fit, where the fault is, and words of the reason."""
