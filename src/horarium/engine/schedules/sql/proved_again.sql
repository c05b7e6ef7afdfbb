-- Records what is wrong now in the spans that were wrong before; nothing: they are mended.
-- Carried by the primary key.
update horarium.schedule_proofs p
set wrong_from = case when n.unexplained > 0 or n.doubled > 0 then p.wrong_from end,
    wrong_until = case when n.unexplained > 0 or n.doubled > 0 then p.wrong_until end,
    unexplained = n.unexplained, doubled = n.doubled,
    details = array(select jsonb_array_elements_text(n.details))
from unnest($1::text[], $2::bigint[], $3::bigint[], $4::jsonb[])
    as n (schedule, unexplained, doubled, details)
where p.schedule = n.schedule
