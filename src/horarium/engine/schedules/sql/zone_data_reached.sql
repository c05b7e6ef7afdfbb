-- Writes down how far the next due times were computed anew; null: to the end.
update horarium.timetable set zone_data_reached = $1
