"""The journal: at the end of each day, in each owner's zone, what was finished that day, as files.

    journal/<date>/<owner>/index.jsonl
    journal/<date>/<owner>/<job id>_<task name>_<when it ended>.jsonl

`Journal` writes it, by its schedule and by hand; `days`, `owners_of`, `read_index` and `open_file`
read it.
"""

from horarium.journal.entry import DayLine, Entry
from horarium.journal.names import INDEX, NOBODY, file_name, folder_name, is_file_name
from horarium.journal.reading import (
    Day,
    Index,
    JournalUnreadable,
    OwnersDay,
    chunks,
    days,
    open_file,
    owner_of,
    owners_of,
    read_index,
)
from horarium.journal.tasks import SCHEDULE, TASK, Journal
from horarium.journal.turn import Written, WrittenDay, unowned
from horarium.journal.whereabouts import elsewhere
from horarium.journal.writing import JournalNotWritten

__all__ = [
    "INDEX",
    "NOBODY",
    "SCHEDULE",
    "TASK",
    "Day",
    "DayLine",
    "Entry",
    "Index",
    "Journal",
    "JournalNotWritten",
    "JournalUnreadable",
    "OwnersDay",
    "Written",
    "WrittenDay",
    "chunks",
    "days",
    "elsewhere",
    "file_name",
    "folder_name",
    "is_file_name",
    "open_file",
    "owner_of",
    "owners_of",
    "read_index",
    "unowned",
]
