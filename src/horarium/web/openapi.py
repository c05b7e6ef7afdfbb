"""The OpenAPI document: what it says of the API as a whole. Routes describe themselves."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from litestar import Router
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import License, OpenAPIType, Schema, Tag
from litestar.plugins import OpenAPISchemaPlugin
from litestar.routes import BaseRoute
from litestar.types import ControllerRouterHandler, Method
from litestar.typing import FieldDefinition

from horarium import __version__

if TYPE_CHECKING:
    from litestar._openapi.schema_generation import SchemaCreator
    from litestar.openapi.spec.enums import OpenAPIFormat

DESCRIPTION = """\
Reports, the shop that they read, and the jobs that build them.

Times are RFC 3339 in UTC, days are ISO dates of the shop's zone, money is an exact decimal as text
beside its currency. Lists have `items`, `total`, `page` and `count`; `total` counts all items, not
only those of the page. Bodies are JSON of at most 1 MiB. A field or a parameter that a route does
not know is refused, and every refusal is a problem document (RFC 9457) that names it.
"""


class Unserved(Router):
    """Litestar's own pages of the document, which load from the internet: none of them."""

    def register(self, _value: ControllerRouterHandler) -> list[BaseRoute]:
        return []


class DecimalAsText(OpenAPISchemaPlugin):
    """Money and other exact decimals travel as text; a JSON number would be read as a float."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        return field_definition.annotation is Decimal

    def to_openapi_schema(
        self, field_definition: FieldDefinition, schema_creator: "SchemaCreator"
    ) -> Schema:
        del field_definition, schema_creator
        # OpenAPI's registry of formats has "decimal"; Litestar's list of them has not.
        kind = cast("OpenAPIFormat", "decimal")
        return Schema(type=OpenAPIType.STRING, format=kind, pattern=r"^-?\d+(\.\d+)?$")


def _operation_id(_handler: HTTPRouteHandler, method: Method, path: Sequence[Any]) -> str:
    parts = (part if isinstance(part, str) else part.name for part in path)
    return "_".join([method.lower(), *parts])


CONFIG = OpenAPIConfig(
    title="Horarium",
    version=__version__,
    description=DESCRIPTION,
    license=License(name="Apache-2.0", identifier="Apache-2.0"),
    tags=[
        Tag("Reports", "The order report: one row for each order of a day, and its summary."),
        Tag("Shop", "Users, products, orders and reviews, which the reports read."),
        Tag("Polarity", "How texts judge, from -1 to 1, in English and Russian."),
        Tag("Jobs", "The ledger: what became of each job, running it again, cancelling it."),
        Tag("Schedules", "The timetable: what is due when, and what became of every due time."),
        Tag("Operation", "Queues, workers, metrics: what waits, who works."),
        Tag("Health", "For load balancers and monitors."),
        Tag("Pages", "For people, and this description itself."),
    ],
    openapi_router=Unserved("/schema", route_handlers=[]),
    operation_id_creator=_operation_id,
    use_handler_docstrings=True,
)
