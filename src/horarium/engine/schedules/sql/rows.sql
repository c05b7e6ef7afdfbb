-- Takes out the records of several due times that a backfill reaches into, with the definition
-- that decided them; they are written again without what is backfilled.
-- Carried by firings_rows and the primary key of versions.
with taken as (
    delete from horarium.firings
    where schedule = $1 and count > 1 and due_at <= $3::timestamptz and due_until >= $2::timestamptz
    returning due_at, due_until, version, outcome, reason
)
select taken.*, (
    select v.definition from horarium.schedule_versions v
    where v.schedule = $1 and v.version = taken.version
) as definition
from taken
