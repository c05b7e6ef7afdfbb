-- The rows of a period with their keys; part of `rows_at`.
select r.position, /* cells */ as cells, /* key */ as key
from horarium.report_rows r
where r.report = $1::text and r.starts_at = $2::timestamptz and $3::date is not null
