"""Keeps FastAPI out of the processes that tests start: whoever installs Horarium does not get it.

TaskIQ imports it where it is there, and that is a third of the time that a process takes to start.
Tests that mount the site inside FastAPI run in pytest's own process.
"""

raise ModuleNotFoundError("FastAPI is not there for processes that tests start", name="fastapi")
