-- What was reported, or is marked, in another zone than the shop's: of reports that count in it.
-- $1 the shop's zone, $2 reports.
select report, starts_at, ends_at from horarium.report_periods
where report = any ($2) and zone <> $1
union
select report, starts_at, ends_at from horarium.report_marks
where report = any ($2) and zone <> $1
order by report, starts_at
