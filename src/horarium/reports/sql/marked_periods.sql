-- How many periods of each report are marked, and the first change that no build has. Marks are few.
select report, count(*) as periods, min(changed_at) as changed_at
from horarium.report_marks
group by report
order by report
