"""Watching: how events reach those who watch in other processes.

An event is born in the worker that runs the job; who wants to see it sits in a web process. Between
them is PostgreSQL's NOTIFY, which all sessions pay for. So workers tell nothing while nobody
watches: who does says so in `horarium.watches`, under a lease, and notifies the workers, which then
*relay* what is wanted: only events that a watch asks for, many in one notification, ten
times a second at most. When the last watch ends or lapses, the relay subscribes to nothing again
and a worker's hot path is as if it were not there.

What is relayed is a hint that can be lost, like any notification. `Watchers.watch` tells its taker
when it may have missed something, and a page that must be right looks into the ledger.
"""
