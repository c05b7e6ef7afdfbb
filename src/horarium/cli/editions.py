"""`horarium schedule plan` and `apply`: schedules of a file or of the code, against the book."""

import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from horarium.cli.options import AppName, Flag, Json
from horarium.cli.output import console, print_json, print_table
from horarium.cli.schedules import app as schedules
from horarium.errors import InvalidInput

if TYPE_CHECKING:
    from horarium.application import Horarium
    from horarium.engine import Applied, Change, Edition

_SHOWN = 3


@schedules.command
def plan(
    file: Path | None = None, *, app: AppName = None, check: Flag = False, json: Json = False
) -> int:
    """Show what applying the schedules of a file, or of the code, would change.

    Parameters
    ----------
    file
        TOML or JSON: `set` (a name), `prune`, and `schedules`, each as the API takes it.
    app
        The schedules that this application declares, as module:name, instead of a file.
    check
        Exit status 1 where anything would change.
    """
    from horarium.cli.opening import work
    from horarium.engine import planned

    async def look(a: "Horarium") -> "list[Change]":
        return await planned(a.book, await _edition(a, file, app))

    changes = work(look, app)
    if json:
        print_json(changes)
    else:
        _print(changes)
    return int(check and any(_is_change(each) for each in changes))


@schedules.command
def apply(
    file: Path | None = None, *, app: AppName = None, yes: Flag = False, json: Json = False
) -> int:
    """Put the schedules of a file, or of the code, into the book, all of them or none.

    On a terminal the plan is shown and has to be confirmed; elsewhere --yes is wanted.

    Parameters
    ----------
    file
        TOML or JSON: `set` (a name), `prune`, and `schedules`, each as the API takes it.
    app
        The schedules that this application declares, as module:name, instead of a file.
    yes
        Do not ask.
    """
    from horarium.cli.opening import work
    from horarium.engine import apply as put
    from horarium.engine import planned

    if not yes and not sys.stdin.isatty():
        raise InvalidInput("--yes", "there is no terminal to ask on; give it to apply at once")

    async def act(a: "Horarium") -> "Applied | None":
        edition = await _edition(a, file, app)
        changes = await planned(a.book, edition)
        if not json:
            _print(changes)
        if any(_is_change(each) for each in changes) and not (yes or _confirmed()):
            return None
        return await put(a.book, edition, {each.id: each.version for each in changes})

    done = work(act, app)
    if done is None:
        console().print("Nothing was changed.")
        return 1
    if json:
        print_json(done._asdict())
    else:
        console().print(
            f"{done.added} added, {done.changed} changed, {done.kept} kept, {done.removed} retired."
        )
    return 0


def _confirmed() -> bool:
    return input("Apply this? [y/N] ").strip().lower() in ("y", "yes")


async def _edition(a: "Horarium", file: Path | None, app: str | None) -> "Edition":
    from horarium.engine import Edition, edition_of

    if (file is None) == (app is None):
        raise InvalidInput("FILE", "give a file, or --app for the schedules of the code")
    if file is None:
        declared = await a.scheduler.declared()
        return Edition(schedules=declared, origin="code", app=a.settings.app, prune=True)
    return edition_of(a.broker, _read(file), "command line")


def _read(file: Path) -> Any:
    import msgspec

    from horarium.engine import Drafts
    from horarium.mismatch import refusal

    try:
        text = file.read_text("utf-8")
        values = msgspec.json.decode(text) if file.suffix == ".json" else tomllib.loads(text)
        drafts = msgspec.convert(values, Drafts)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(str(file), f"it cannot be read: {error}") from None
    except msgspec.ValidationError as error:
        field, reason = refusal(str(error), of=Drafts)
        raise InvalidInput(f"{file}, {field}", reason) from None
    except (tomllib.TOMLDecodeError, msgspec.MsgspecError, RecursionError) as error:
        raise InvalidInput(str(file), str(error)) from None
    return drafts if drafts.set else msgspec.structs.replace(drafts, set=file.stem)


def _is_change(change: "Change") -> bool:
    return change.change != "keep"


def _print(changes: "list[Change]") -> None:
    kept = sum(not _is_change(each) for each in changes)
    print_table(
        None,
        ("", "schedule", ">version", "due times that appear", "that vanish", ">stay", "first"),
        (_line(each) for each in changes if _is_change(each)),
        "Nothing would change.",
    )
    if kept:
        console().print(f"{kept} schedules stay as they are.", style="dim")


def _line(change: "Change") -> tuple[Any, ...]:
    version = change.version
    next_version = "-" if change.change == "remove" else (version or 0) + 1
    found = change.plan
    return (
        change.change,
        change.id,
        f"{version or '-'} > {next_version}",
        _dues(found.appear) if found else "",
        _dues(found.vanish) if found else "",
        found.stay if found else "",
        f"{sum(each.count for each in found.first)} due already" if found and found.first else "",
    )


def _dues(dues: Any) -> str:
    first = ", ".join(f"{each:%m-%d %H:%M}" for each in dues[:_SHOWN])
    return f"{first} and {len(dues) - _SHOWN} more" if len(dues) > _SHOWN else first
