"""Answers about reports over HTTP, beside a route of FastAPI and SQLAlchemy's ORM.

    python -m benchmarks.reports [--runs 3] [--seconds 5] [--clients 50]

Both servers are one process of uvicorn with uvloop and httptools, on one database with a day of
1,000 rows, asked in turns. The load is wrk's where it is on the PATH, else that of a client of our
own (`benchmarks.reports.client`), which takes more of the machine and so makes all rates lower.
"""
