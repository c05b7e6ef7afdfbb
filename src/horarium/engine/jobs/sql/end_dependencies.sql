-- Ends the wait of those that follow jobs which have just ended; the function says how.
-- Promises: in the transaction that ended them, in a statement after it. Those come back that ended
-- as cancelled with them.
-- Carried by the primary keys of dependencies and jobs.
select id, task, queue, attempt, owner, because
from horarium.end_dependencies($1::text[], $2::text[], $3::timestamptz)
