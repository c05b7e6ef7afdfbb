-- How many schedules a filter finds; counting stops at $6. Carried by the primary key.
select count(*) from (
    select from horarium.schedules
    where ($1::text is null or state = $1) and ($2::text is null or task = $2)
        and ($3::text is null or origin = $3) and ($4::text is null or strpos(id, $4) > 0)
        and ($5 or state <> 'retired')
    limit $6
) found
