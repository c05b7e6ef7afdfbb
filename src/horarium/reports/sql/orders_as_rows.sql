-- The rows of the order report of a day, as others are kept; part of `rows_at`. They have no
-- positions, and are in the order of their ids.
select 0::bigint as position, /* cells */ as cells, /* key */ as key
from shop.reports r
where $1::text = 'orders' and $2::timestamptz is not null and r.report_at = $3::date
