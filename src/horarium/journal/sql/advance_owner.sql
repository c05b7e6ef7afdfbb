-- An owner's days are written up to $2, and the next one may be at $3. Carried by the primary key.
update horarium.journal_owners set written_until = $2, due_at = $3 where owner = $1
