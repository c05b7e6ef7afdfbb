-- As `enqueue`, outside of any transaction, with the same values. When it answers the job is on the
-- disk, as it is after a commit; workers hear of it before. Answers whether the job is new. A
-- procedure, for only those may commit on their way (migration 0021, docs/decisions/0030).
call horarium.enqueue(
    $1, $2, $3, $4::smallint, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, null
)
