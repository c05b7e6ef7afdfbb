"""A PostgreSQL of Horarium's own, for machines that have no server.

`EmbeddedPostgres` owns a data folder and sees to it that a server runs there. Any number of
processes may own the same folder at once; they share one server, and nobody leads. Who owns what
is said by file locks alone, because the kernel lets go of them however a process ends. No process
id is ever taken for a sign of life. The folder holds:

========== ===========================================================================
cluster/   PostgreSQL's data
socket/    the server's socket, unless the path is too long or too odd (see `folder`)
server.log what the server says
owners.lock shared by every owner while it lives; whoever gets it alone was the last
start.lock held for a moment by whoever starts or stops the server
server.lock inherited by the server and all its processes: while it is held, one of them lives
watch.lock held by the watcher
========== ===========================================================================

The last owner out stops the server and waits for it. When owners are killed instead, the watcher
does it (see `watch`): a tiny process that sleeps until it gets ``owners.lock`` alone. When even the
watcher was killed, the next start finds the server and adopts it, or finds it dead and starts it
anew, and PostgreSQL recovers every committed row.
"""

from horarium.embedded.failure import EmbeddedPostgresError
from horarium.embedded.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError"]
