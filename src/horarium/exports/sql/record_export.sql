-- Notes an export that is wanted; nothing comes where somebody else noted the same. $1 id,
-- $2 report, $3 format, $4 style, $5 first, $6 last day, $7 rows, $8 job, $9 key.
insert into horarium.exports (
    id, report, format, style, first_day, last_day, rows_expected, job, reuse
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (reuse) do nothing
returning id
