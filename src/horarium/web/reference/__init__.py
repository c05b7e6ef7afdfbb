"""The API's description: the OpenAPI document, and a page of it that needs no internet."""

from horarium.web.reference.page import docs, schema

ROUTES = [docs, schema]

__all__ = ["ROUTES", "docs", "schema"]
