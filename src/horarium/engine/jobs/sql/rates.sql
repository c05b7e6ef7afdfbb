-- The last starts under each of the keys, and the time, in microseconds.
-- Carried by the primary key.
select
    key, r.starts,
    (extract(epoch from coalesce($2::timestamptz, clock_timestamp())) * 1000000)::bigint as now
from (select distinct key from unnest($1::text[]) key) keys
left join lateral (select starts from horarium.rates where rates.key = keys.key) r on true
