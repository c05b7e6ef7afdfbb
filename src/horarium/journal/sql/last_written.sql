-- Into which folder the journal, or a day of an owner, was written last, and by which machine. The
-- primary key carries a day; without one it is a scan, once at a start. $1 day, $2 owner.
select folder, host
from horarium.journal_days
where folder is not null and ($1::date is null or day = $1) and ($2::text is null or owner = $2)
order by written_at desc
limit 1
