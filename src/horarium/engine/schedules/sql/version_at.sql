-- The version of a schedule that answers for an instant. Carried by the primary key.
select version, definition from horarium.schedule_versions
where schedule = $1 and effective_from < $2::timestamptz
    and (effective_until is null or effective_until >= $2)
order by version desc limit 1
