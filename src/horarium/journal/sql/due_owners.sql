-- Owners whose day may be over, those that wait longest first, after the one that was named last.
-- Carried by journal_owners_due.
select owner, due_at from horarium.journal_owners
where due_at <= coalesce($1::timestamptz, clock_timestamp())
  and (due_at, owner) > ($2::timestamptz, $3::text)
order by due_at, owner
limit $4
