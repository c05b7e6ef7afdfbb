"""The cluster, PostgreSQL's own folder: made once and whole, checked at every start.

It is made under another name and renamed when it is complete with role and database, so that an
interrupted birth leaves nothing that looks like a cluster.
"""

import logging
import shutil
import subprocess
from collections.abc import Mapping

from horarium.disk import sync_folder
from horarium.embedded.account import Account
from horarium.embedded.binaries import Binaries
from horarium.embedded.failure import EmbeddedPostgresError, failure
from horarium.embedded.folder import Folder

_log = logging.getLogger(__name__)

DATABASE = "horarium"
ROLE = "horarium_owner"
"""Not named like a schema: unqualified tables of users' own belong in `public`."""

_BIRTH = (
    # Nobody but who may enter the socket's private folder gets as far as being trusted.
    "--auth-local=trust",
    "--auth-host=scram-sha-256",
    "--username=postgres",
    "--encoding=UTF8",
    # Built into PostgreSQL: the order of text does not change when the system is upgraded.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--data-checksums",
    "--no-instructions",
)

# The program's own role is no superuser: a hole in it must not become a shell.
_CONTENTS = f"create role {ROLE} login createdb;\ncreate database {DATABASE} owner {ROLE};\n"


def ensure(
    folder: Folder, account: Account, binaries: Binaries, settings: Mapping[str, str]
) -> None:
    """Make the cluster where there is none yet.

    Raises:
        EmbeddedPostgresError: it cannot be made, or another major version made it.
    """
    if folder.cluster.exists():
        _check_version(folder, binaries)
    else:
        _create(folder, account, binaries, settings)


def _check_version(folder: Folder, binaries: Binaries) -> None:
    mark = folder.cluster / "PG_VERSION"
    made_by = mark.read_text().strip() if mark.exists() else "something else"
    if made_by != str(binaries.major):
        raise EmbeddedPostgresError(
            f"The data folder {folder.path} was made by PostgreSQL {made_by}, but this "
            f"installation carries PostgreSQL {binaries.major}; install the version of Horarium "
            "that made it and move the data over with pg_dump, or set HORARIUM_HOME elsewhere."
        )


def _create(
    folder: Folder, account: Account, binaries: Binaries, settings: Mapping[str, str]
) -> None:
    _log.info("making a PostgreSQL data folder in %s", folder.path)
    unborn = folder.path / "cluster.new"
    shutil.rmtree(unborn, ignore_errors=True)
    haste = ["--no-sync"] if settings.get("fsync") == "off" else []
    initdb = [binaries.initdb, f"--pgdata={unborn}", *_BIRTH, *haste]
    single = [binaries.postgres, "--single", "-D", str(unborn), "-c", "exit_on_error=on"]
    _run(folder, account, initdb)
    _run(folder, account, [*single, "postgres"], typed=_CONTENTS)
    unborn.rename(folder.cluster)
    sync_folder(folder.path)


def _run(folder: Folder, account: Account, command: list[str], typed: str = "") -> None:
    done = account.run(command, input=typed, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise failure("make its data folder", folder.path, done.stdout)
