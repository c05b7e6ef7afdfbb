-- Changes what is given of an account; nothing comes back where there is none. Whose zone has moved
-- is looked at by the journal's next turn. Carried by the primary keys.
with changed as (
    update horarium.accounts set role = coalesce($2, role), zone = coalesce($3, zone)
    where name = $1
    returning name, role, zone, created_at
),
looked_at as (
    update horarium.journal_owners o set due_at = 'epoch'
    from changed where o.owner = changed.name and $3::text is not null
)
select * from changed
