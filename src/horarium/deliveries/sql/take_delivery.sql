-- What a delivery's job is to send, and whether another attempt of it is under way, which keeps the
-- lock until its transaction ends. The primary keys carry it. $1 id.
select
    pg_try_advisory_xact_lock(hashtextextended('horarium delivery ' || d.id, 0)) as mine,
    d.route, d.recipient, d.revision, d.delivered_at is not null as delivered,
    p.revision as current, p.provisional, p.summary,
    d.report, d.day, d.starts_at, p.ends_at, p.zone, d.reason, p.row_count, p.built_at
from horarium.deliveries d
left join horarium.report_periods p on p.report = d.report and p.starts_at = d.starts_at
where d.id = $1
