-- The reports that have to be looked at when orders change, each with the zone that it counts in.
-- The shop's zone is locked against change until the transaction ends. A handful of rows.
select w.report, w.every, coalesce(w.zone, p.zone, 'UTC') as zone
from horarium.watched_reports w
left join (select zone from shop.profile for share) p on true
order by w.report
