-- What is watched now, and for how many seconds each watch still holds. There are as many rows as
-- web processes that show something.
select wanted, extract(epoch from until - clock_timestamp())::float8 as seconds
from horarium.watches where until > clock_timestamp()
