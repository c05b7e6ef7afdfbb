-- A page of deliveries, newest first, with the number of all; one with a null id comes for an empty
-- page. deliveries_newest carries it, the primary key a single one; a job is found by its key.
-- $1 report, $2 day, $3 state, $4 id (each null: any), $5 limit, $6 offset.
with found as (
    select
        d.id, d.report, d.day, d.starts_at, d.revision, d.route, d.channel, d.recipient, d.format,
        d.reason,
        case
            when d.delivered_at is not null then 'delivered'
            when d.superseded_at is not null then 'superseded'
            when u.state is not null then case when d.attempts > 0 then 'retrying' else 'waiting' end
            when h.state = 'cancelled' then 'cancelled'
            else 'failed'
        end as state,
        d.attempts, d.error, d.size, d.job, d.created_at, d.tried_at, d.delivered_at
    from horarium.deliveries d
    left join horarium.jobs u on u.id = d.job
    left join lateral (
        select state from horarium.job_history
        where id = d.job and u.id is null
        order by finished_at desc
        limit 1
    ) h on true
    where ($1::text is null or d.report = $1) and ($2::date is null or d.day = $2)
        and ($4::text is null or d.id = $4)
)
select total, r.*
from (select count(*) as total from found where $3::text is null or state = $3) t
left join lateral (
    select * from found
    where $3::text is null or state = $3
    order by created_at desc, id desc
    limit $5 offset $6
) r on true
order by r.created_at desc, r.id desc
