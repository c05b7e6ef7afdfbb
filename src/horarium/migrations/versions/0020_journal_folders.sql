-- Into which folder a day of the journal was written: several machines may have one each.

alter table horarium.journal_days add column folder text;
alter table horarium.journal_days add column host text;
comment on column horarium.journal_days.folder is
    'the mark of the folder; null of days that were written before folders had any';
