"""Mail on failure: whoever is to know hears of jobs that failed for good, and is not flooded.

The first failure of a task is mailed within seconds; further ones of that task wait until its
period (`HORARIUM_MAIL_EVERY`) is over, and then come in one mail together. All workers keep to
one period, because its place is in the database, and what a mail says is read from the ledger: so
it also tells what a worker saw that is gone by now.

Alerts on reports that are not ready in time are mailed by schedulers, for it may be workers that
are missing.
"""

from horarium.mail.alerts import AlertMail
from horarium.mail.failures import FailureMail, Readers, readers
from horarium.mail.post import MailNotSent, Post

__all__ = ["AlertMail", "FailureMail", "MailNotSent", "Post", "Readers", "readers"]
