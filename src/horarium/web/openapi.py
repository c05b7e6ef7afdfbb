"""The OpenAPI document: what it says of the API as a whole. Routes describe themselves."""

import inspect
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast, get_type_hints

import msgspec
from litestar import Router
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import (
    Components,
    License,
    OpenAPIType,
    Schema,
    SecurityScheme,
    Tag,
)
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
not know is refused, and every refusal is a problem document (RFC 9457) that names it. A browser's
request for a change on behalf of another site's page is refused with 403.

Where a token is needed, it is sent as `Authorization: Bearer hor_...`; `GET /account` says whose it
is. `/health`, `/health/ready`, `/schema` and `/docs` need none.
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


class DescribedStructures(OpenAPISchemaPlugin):
    """Structures as Litestar describes them, with what it leaves out: what they are, in words, and
    what the items of a page are.
    """

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        return not field_definition.is_union and field_definition.is_subclass_of(msgspec.Struct)

    def to_openapi_schema(
        self, field_definition: FieldDefinition, schema_creator: "SchemaCreator"
    ) -> Schema:
        theirs = next(
            plugin
            for plugin in schema_creator.plugins
            if plugin is not self and schema_creator.plugin_supports_field(plugin, field_definition)
        )
        schema = theirs.to_openapi_schema(field_definition, schema_creator)
        structure = field_definition.annotation
        schema.description = _purpose(structure)
        for name, kind in _open_fields(structure).items():
            known = schema_creator.for_field_definition(FieldDefinition.from_annotation(kind))
            schema.properties = {**(schema.properties or {}), name: known}
        return schema


def _purpose(structure: type) -> str:
    """What a docstring says before it goes through the attributes."""
    return inspect.cleandoc(structure.__doc__ or "").partition("\n\nAttributes:")[0]


def _open_fields(structure: type[msgspec.Struct]) -> dict[str, Any]:
    """The fields of a type that a generic base leaves open, such as the items of a page: msgspec
    knows what the structure has put there, Litestar does not.
    """
    hints = get_type_hints(structure)
    return {
        field.name: field.type
        for field in msgspec.structs.fields(structure)
        if getattr(hints[field.name], "__parameters__", ())
    }


def _operation_id(handler: HTTPRouteHandler, _method: Method, path: Sequence[Any]) -> str:
    """The handler's name; with the path, where another one leads to it too."""
    here = "/" + "/".join(part if isinstance(part, str) else f"{{{part.full}}}" for part in path)
    if len(handler.paths) > 1 and here != max(handler.paths):
        return f"{handler.handler_name}_at{here.replace('/', '_')}"
    return handler.handler_name


CONFIG = OpenAPIConfig(
    title="Horarium",
    version=__version__,
    description=DESCRIPTION,
    components=Components(security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}),
    security=[{"token": []}, {}],
    license=License(name="Apache-2.0", identifier="Apache-2.0"),
    tags=[
        Tag("Reports", "The order report and those of one's own: rows, revisions, builds."),
        Tag("Exports", "Rows of reports as files, and revisions that are sent to readers."),
        Tag("Shop", "Users, products, orders and reviews, which the reports read."),
        Tag("Polarity", "How texts judge, from -1 to 1, in English and Russian."),
        Tag("Jobs", "The ledger: what became of each job, running it again, cancelling it."),
        Tag("Schedules", "The timetable: what is due when, and what became of every due time."),
        Tag("Operation", "Queues, workers, metrics: what waits, who works."),
        Tag("Journal", "What was finished on a day, for each owner, as it was written to files."),
        Tag("Health", "For load balancers and monitors."),
        Tag("Pages", "For people, and this description itself."),
    ],
    openapi_router=Unserved("/schema", route_handlers=[]),
    operation_id_creator=_operation_id,
    use_handler_docstrings=True,
)
