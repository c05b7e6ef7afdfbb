-- Makes this version of the zone data the one in use, where it is newer than the one that is; from
-- then on the next due times are to be computed anew. Returns the one in use, and how far that is.
insert into horarium.timetable as t (zone_data) values ($1)
on conflict (one) do update set
    zone_data_from = case when t.zone_data < excluded.zone_data
        then coalesce($2::timestamptz, clock_timestamp()) else t.zone_data_from end,
    zone_data_reached = case when t.zone_data < excluded.zone_data then ''
        else t.zone_data_reached end,
    zone_data = greatest(t.zone_data, excluded.zone_data)
returning zone_data, zone_data_reached
