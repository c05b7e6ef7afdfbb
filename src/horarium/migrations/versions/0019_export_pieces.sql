-- The files of exports, in pieces of a fixed size, so that every machine can send what a worker on any
-- of them made. Unlogged: they go through no write-ahead log, to no standby and into no physical
-- backup; after a crash of the server the table is empty, and who asks again has them made again.

create unlogged table horarium.export_pieces (
    export text collate "C" not null references horarium.exports on delete cascade,
    number integer not null check (number >= 0),
    bytes bytea not null check (length(bytes) > 0),
    primary key (export, number)
);
-- Most formats are compressed already.
alter table horarium.export_pieces alter column bytes set storage external;

-- Files of before are in folders of machines: they are made again when they are asked for.
update horarium.exports set reuse = null where ready_at is not null;
alter table horarium.exports drop column host;
