-- Adds to the counts of a queue ($1): the outcomes $2, as many as $3 says. The primary key carries
-- it. The slot is the connection's, so that consumers seldom wait for each other's commit here.
insert into shop.message_counts as c (queue, outcome, slot, count)
select $1, outcome, pg_backend_pid() % 64, count
from unnest($2::text[], $3::bigint[]) as new (outcome, count)
order by outcome
on conflict (queue, outcome, slot) do update set count = c.count + excluded.count
