-- Since when firings are kept, and since when the present zone data is in use.
select firings_from, zone_data_from from horarium.timetable
