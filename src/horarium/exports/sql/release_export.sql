-- Lets another export of the same rows be made, after one that failed, expired or lost its file; the
-- unique key carries it. $1 key.
update horarium.exports set reuse = null where reuse = $1
