"""The dashboard: pages, rendered on the server, that work without scripts."""

from horarium.web.dashboard import job_acts, retries, schedule_acts
from horarium.web.dashboard.page import dashboard
from horarium.web.dashboard.report_pages import all_reports, one_report

ROUTES = [
    dashboard, all_reports, one_report,
    *job_acts.ROUTES, *schedule_acts.ROUTES, *retries.ROUTES,
]  # fmt: skip

__all__ = ["ROUTES", "dashboard"]
