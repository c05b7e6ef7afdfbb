"""The channels on which PostgreSQL tells of jobs."""

JOBS_CHANNEL = "horarium_jobs"
"""Notified with the name of a queue that has new work."""
FINISHED_CHANNEL = "horarium_finished"
"""Notified with the id of a job that ended while somebody waited for it."""
CANCEL_CHANNEL = "horarium_cancel"
"""Notified with the id of a running job that is to stop."""
