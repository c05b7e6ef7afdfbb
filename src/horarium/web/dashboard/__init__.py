"""The dashboard: one page, rendered on the server, that works without scripts."""

from horarium.web.dashboard.page import dashboard

ROUTES = [dashboard]

__all__ = ["ROUTES", "dashboard"]
