"""A year of real days, built by a backfill, a scheduler and a worker in processes of their own;
beside it the same builds one after the other on one connection. And how long it takes until all of
them are fresh again, when every order of the year has been changed in one statement.

    python -m benchmarks.backfill ../shared/data/uci-online-retail/online_retail.csv.gz
"""
