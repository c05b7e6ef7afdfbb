-- Keeps the last starts (microseconds, as JSON) under keys of rates, for as long as they count.
-- Promises: the keys are locked, by a statement before this one.
-- Carried by the primary key.
insert into horarium.rates (key, starts, until)
select key, array(select jsonb_array_elements_text(starts)::bigint),
    timestamptz 'epoch' + until * interval '1 microsecond'
from unnest($1::text[], $2::jsonb[], $3::bigint[]) as started (key, starts, until)
on conflict (key) do update set starts = excluded.starts, until = excluded.until
