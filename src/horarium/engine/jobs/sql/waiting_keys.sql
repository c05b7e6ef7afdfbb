-- The keys under which jobs wait, one probe for each; and null where one waits under none.
-- Carried by jobs_waiting.
with recursive keys as (
    (
        select limits ->> 'concurrency_key' as key from horarium.jobs
        where state = 'waiting' and waits_for is null order by 1 limit 1
    )
    union all
    select (
        select j.limits ->> 'concurrency_key' from horarium.jobs j
        where j.state = 'waiting' and j.waits_for is null
          and j.limits ->> 'concurrency_key' > keys.key
        order by 1 limit 1
    )
    from keys where keys.key is not null
)
select key from keys where key is not null
union all
select null where exists (
    select from horarium.jobs
    where state = 'waiting' and waits_for is null and limits ->> 'concurrency_key' is null
)
