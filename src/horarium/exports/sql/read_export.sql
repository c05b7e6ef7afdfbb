-- One export, and whether its file is there; the primary keys carry it. $1 id.
select
    id, report, format, style, first_day as first, last_day as last, rows_expected,
    row_count as rows, size, job, created_at, ready_at, expires_at,
    coalesce(expires_at <= now(), false) as expired,
    size = 0 or exists (select from horarium.export_pieces where export = $1) as is_there
from horarium.exports
where id = $1
