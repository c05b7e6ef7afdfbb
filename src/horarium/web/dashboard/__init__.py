"""The dashboard: pages, rendered on the server, that work without scripts."""

from horarium.web.dashboard.page import dashboard
from horarium.web.dashboard.report_pages import all_reports, one_report

ROUTES = [dashboard, all_reports, one_report]

__all__ = ["ROUTES", "dashboard"]
