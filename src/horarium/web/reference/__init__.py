"""The API's description: the OpenAPI document, and a page of it that needs no internet."""

from horarium.web.reference.page import read_docs, read_schema

ROUTES = [read_docs, read_schema]

__all__ = ["ROUTES", "read_docs", "read_schema"]
