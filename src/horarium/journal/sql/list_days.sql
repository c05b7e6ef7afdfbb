-- A page of what was written of a day, by owner: of one owner, where $2 names one.
-- Carried by journal_days_day and the primary key.
select owner, day, zone, starts_at, ends_at, jobs, final, written_at, count(*) over () as total
from horarium.journal_days
where day = $1 and ($2::text is null or owner = $2)
order by owner
limit $3 offset $4
