-- A page of what was written of a day, by owner, and of how many in all: of one owner, where $2 names
-- one. At least one row comes, with a null owner where the page is empty.
-- Carried by journal_days_day and the primary key.
with written as not materialized (
    select owner, day, zone, starts_at, ends_at, jobs, final, written_at
    from horarium.journal_days
    where day = $1 and ($2::text is null or owner = $2)
)
select (select count(*) from written) as total, listed.*
from (values (1)) one
left join (select * from written order by owner limit $3 offset $4) listed on true
