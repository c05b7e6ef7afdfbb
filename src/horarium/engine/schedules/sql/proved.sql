-- Records up to when schedules were proved, and what is wrong in the span that was ($3 to $2).
-- Carried by the primary key.
insert into horarium.schedule_proofs as p (
    schedule, proved_until, wrong_from, wrong_until, unexplained, doubled, details
)
select n.schedule, n.until, case when n.wrong then n.start end, case when n.wrong then n.until end,
    n.unexplained, n.doubled, array(select jsonb_array_elements_text(n.details))
from (
    select *, unexplained > 0 or doubled > 0 as wrong
    from unnest(
        $1::text[], $2::timestamptz[], $3::timestamptz[], $4::bigint[], $5::bigint[], $6::jsonb[]
    ) as each (schedule, until, start, unexplained, doubled, details)
) n
on conflict (schedule) do update set
    proved_until = excluded.proved_until,
    wrong_from = coalesce(p.wrong_from, excluded.wrong_from),
    wrong_until = coalesce(excluded.wrong_until, p.wrong_until),
    unexplained = p.unexplained + excluded.unexplained,
    doubled = p.doubled + excluded.doubled,
    details = (p.details || excluded.details)[1:10]
