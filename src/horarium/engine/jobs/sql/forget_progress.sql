-- Forgets up to $3 marks that were first told longer than $2 before $1, of jobs that have ended.
-- Says how many. Carried by progress_kept.
with forgotten as (
    delete from horarium.progress
    where job = any (array(
        select p.job from horarium.progress p
        where p.kept_from < coalesce($1::timestamptz, now()) - $2::interval
          and not exists (select from horarium.jobs j where j.id = p.job)
        order by p.kept_from
        limit $3::integer
    ))
    returning 1
)
select count(*) from forgotten
