-- How many messages had which outcome, a row for each queue and outcome that there was: the slots
-- added up, a table of some dozen rows.
select queue, outcome, sum(count)::bigint as count
from shop.message_counts
group by queue, outcome
order by queue, outcome
