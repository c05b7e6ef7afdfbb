-- How many seconds the last jobs of a schedule took that succeeded, as a percentile, from the start
-- of their last attempt. job_history_fired carries it, in each month.
-- $1 schedule, $2 how many of the last, $3 percentile.
select percentile_disc($3::float8) within group (order by seconds)
from (
    select extract(epoch from finished_at - started_at)::float8 as seconds
    from horarium.job_history
    where schedule = $1 and fired_for is not null and state = 'succeeded'
    order by fired_for desc
    limit $2
) last
