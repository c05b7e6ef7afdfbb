-- Makes jobs due at the instants (microseconds) at which the rate of their key lets them start.
-- Carried by the primary key.
update horarium.jobs j
set state = 'scheduled', limits = j.limits || '{"postponed": true}',
    due_at = timestamptz 'epoch' + later.due_at * interval '1 microsecond'
from unnest($1::text[], $2::bigint[]) as later (id, due_at)
where j.id = later.id and j.state in ('queued', 'waiting')
