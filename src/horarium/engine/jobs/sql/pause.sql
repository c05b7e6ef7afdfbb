-- Pauses a queue, with a note; pausing it again replaces the note.
-- Promises: a claim that begins after the commit takes nothing from it; what runs, runs on.
-- Carried by the primary key.
insert into horarium.queues (name, paused_at, note)
values ($1, coalesce($3::timestamptz, clock_timestamp()), $2)
on conflict (name) do update set note = excluded.note
