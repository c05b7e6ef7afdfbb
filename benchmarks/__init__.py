"""Horarium against its peers, measured on one machine in one run.

    python -m benchmarks [MEASURE ...] [--runs 3] [--jobs 50000] [--peers a,b] [--json FILE]

Everything is durable (PostgreSQL commits with fsync, Redis keeps an append-only file, RabbitMQ has
durable queues, persistent messages and publisher confirms), the task is the same no-op, and its
result is stored. Runs of the peers alternate, so that a noisy minute hits all of them.
`benchmarks.peers` says with which settings each one runs.

Peers' packages live in an environment of their own (`.venv-bench`), made from `requirements.txt`
at the first run: they never touch the product's. Horarium runs with the Python that runs this.
"""
