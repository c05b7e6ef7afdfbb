-- A page of the days that were written, newest first: how many owners, how many jobs. Of one owner,
-- where $1 names one. Carried by journal_days_day.
select day, count(*) as owners, sum(jobs)::bigint as jobs, bool_and(final) as final
from horarium.journal_days
where $1::text is null or owner = $1
group by day
order by day desc
limit $2 offset $3
