"""The account that runs the server: PostgreSQL refuses to run as root.

An ordinary user runs it as themself. For root, in this order, the first that can enter the data
folder and run the program:

1. the account that owns the data folder already, if that is not root;
2. a user namespace: inside it the server is `nobody`, outside its files stay root's, and it has
   none of root's capabilities;
3. where namespaces are forbidden, as in many containers: the user behind `sudo`, or `nobody`. The
   data folder, and nothing above it, is given to that account.

No account is ever added and the mode of no folder is changed.
"""

import os
import pwd
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from horarium.embedded.failure import EmbeddedPostgresError
from horarium.embedded.folder import Folder


@dataclass(frozen=True)
class Account:
    """Who runs the server.

    Attributes:
        uid, gid: who owns its files, as seen from here.
        wrapper: the command that enters the account's namespace.
        switch: whether root turns into the account.
    """

    uid: int
    gid: int
    wrapper: tuple[str, ...] = ()
    switch: bool = False

    def run(self, command: Sequence[str], **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command as this account, in no terminal's reach."""
        if self.switch:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return subprocess.run(  # noqa: S603 - our own programs
            [*self.wrapper, *command],
            env=_environment(),
            cwd="/",
            text=True,
            check=False,
            start_new_session=True,
            **options,
        )

    def can_use(self, place: Path, postgres: str) -> bool:
        """Whether this account can enter a folder and run the program."""
        script = 'cd "$1" && exec "$2" --version'
        try:
            done = self.run(["/bin/sh", "-c", script, "sh", str(place), postgres], **_SILENT)
        except OSError:
            return False
        return done.returncode == 0


_SILENT: Mapping[str, Any] = {
    "stdin": subprocess.DEVNULL,
    "stdout": subprocess.DEVNULL,
    "stderr": subprocess.DEVNULL,
}


def choose(folder: Folder, postgres: str) -> Account:
    """The account that is to run the server of this folder, which is its owner afterwards.

    Raises:
        EmbeddedPostgresError: root finds no account that can do it.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    for account in _candidates(folder):
        if account.can_use(folder.path.parent, postgres):
            _give(folder, account)
            return account
    raise EmbeddedPostgresError(
        f"PostgreSQL does not run as root, and no other account can enter {folder.path.parent} "
        f"and run {postgres}; run Horarium as an ordinary user, or install it and set "
        "HORARIUM_HOME where every user may enter, such as /srv or /var/lib."
    )


def _candidates(folder: Folder) -> Iterator[Account]:
    owner = folder.path.stat()
    if owner.st_uid != 0:
        yield Account(owner.st_uid, owner.st_gid, switch=True)
        return
    nobody = _nobody()
    if nobody is not None:
        yield _namespace(nobody)
    sudo = os.environ.get("SUDO_UID", ""), os.environ.get("SUDO_GID", "")
    if all(number.isdigit() and number != "0" for number in sudo):
        yield Account(int(sudo[0]), int(sudo[1]), switch=True)
    if nobody is not None:
        yield Account(nobody.pw_uid, nobody.pw_gid, switch=True)


def _nobody() -> pwd.struct_passwd | None:
    """An account that can do little; initdb insists on one that has a name."""
    others = [entry for entry in pwd.getpwall() if entry.pw_uid != 0]
    named = [entry for entry in others if entry.pw_name == "nobody"]
    return next(iter(named or others), None)


def _namespace(inside: pwd.struct_passwd) -> Account:
    names = (f"--map-user={inside.pw_uid}", f"--map-group={inside.pw_gid}")
    return Account(0, 0, wrapper=("unshare", "--user", *names, "--"))


def _give(folder: Folder, account: Account) -> None:
    if folder.path.stat().st_uid == account.uid:
        return
    for place, folders, files in os.walk(folder.path):
        for name in [*folders, *files]:
            os.lchown(Path(place, name), account.uid, account.gid)
    os.chown(folder.path, account.uid, account.gid)


def _environment() -> dict[str, str]:
    """Ours, without what steers PostgreSQL; its messages in English, as `failure` reads them."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C"}
