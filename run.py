#!/usr/bin/env python3
"""Serves a checkout: makes its environment where that is missing, then hands over.

Only the standard library is used, and any Python from 3.6 on can read this file, so that an old one
gets a sentence and not a traceback; hence the quoted annotations.

The environment is `.venv/`, filled from a lock file with exact versions and hashes. When it is
complete it gets a stamp: a hash of the lock file, of `pyproject.toml` and of the Python version.
Where the stamp is right nothing is done and no network is needed. An interrupted installation has
no stamp and is repeated. Installing takes place under a file lock: two that start at once install
once.
"""

import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

USAGE = """\
usage: python3 run.py COMMAND [ARGS]

  up      PostgreSQL, worker, scheduler, API and dashboard, with a month of real orders
  test    linters, types, import contracts and tests; ARGS go to pytest
          (where ARGS name files or folders, those tests alone)
  bench   the benchmarks
  soak    the long test; soak faults: workers killed and PostgreSQL stopped, again and again;
          soak contract: requests of all kinds to all routes; soak laws: those of due times alone
  env     make the environment in .venv/, for running and developing, and nothing else
  lock    write the lock files anew; needs uv, which gets ARGS (--upgrade, ...)
"""

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
PROJECT = ROOT / "pyproject.toml"
NEEDED = (3, 11)
RUNTIME = ROOT / "requirements.lock"
DEVELOPMENT = ROOT / "requirements-dev.lock"


class Refusal(Exception):
    """What cannot be done, as a sentence."""


def main(arguments: "list[str]") -> int:
    """Run one command; the exit status is that of what was handed over to."""
    command = arguments[0] if arguments else ""
    if command not in COMMANDS:
        asked = command in ("-h", "--help", "help")
        print(USAGE, end="", file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 2
    try:
        check_python(sys.version_info[:2], sys.executable)
        return COMMANDS[command](arguments[1:])
    except Refusal as refusal:
        say(f"run.py: {refusal}")
        return 1
    except KeyboardInterrupt:
        say("run.py: interrupted")
        return 130


def say(sentence: str) -> None:
    """Tell people, not programs that read what the command prints."""
    print(sentence, file=sys.stderr, flush=True)


# Commands


def up(arguments: "list[str]") -> int:
    """Everything at once, with data to look at."""
    ensure_environment(RUNTIME)
    return hand_over([VENV / "bin" / "horarium", "demo", *arguments])


def test(arguments: "list[str]") -> int:
    """Every check, to the end, and then what became of each."""
    ensure_environment(DEVELOPMENT)
    arguments, named = from_root(arguments)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        pytest = [*module("pytest"), f"--junitxml={report}", "-o", "junit_family=xunit1"]
        if named:
            steps = [("pytest", [*pytest, *arguments])]
        else:
            # Tests of one file share what they stand on: they stay together. In the order of files,
            # for by their numbers of tests those come last that have few and take longest. Three on
            # two cores: a process that waits for PostgreSQL or for another leaves its core to one.
            side_by_side = ["--numprocesses=3", "--dist=loadfile", "--no-loadscope-reorder"]
            steps = [*LINTERS, ("pytest", [*pytest, *side_by_side, *BOUNDS, *arguments])]
        began = time.monotonic()
        with beside([] if named else CHECKERS, folder) as read:
            outcomes = [run_step(name, command) for name, command in steps]
        outcomes += read
        print_skipped(report)
    return print_outcomes(outcomes, time.monotonic() - began)


def bench(arguments: "list[str]") -> int:
    """The benchmarks."""
    ensure_environment(DEVELOPMENT)
    return hand_over([*module("benchmarks"), *arguments])


def soak(arguments: "list[str]") -> int:
    """The long test."""
    ensure_environment(DEVELOPMENT)
    return hand_over([*module("tests.soak"), *arguments])


def env(arguments: "list[str]") -> int:
    """The environment alone."""
    if arguments:
        raise Refusal("env takes no arguments")
    ensure_environment(DEVELOPMENT)
    say(f"The environment in {VENV} is complete.")
    return 0


def lock(arguments: "list[str]") -> int:
    """Both lock files; the one for running holds the same versions as the one for developing."""
    write_lock(DEVELOPMENT, ["--group=dev", *arguments])
    # The first one has decided; asking for newer ones again could only make them differ.
    write_lock(RUNTIME, [f"--constraint={DEVELOPMENT.name}"])
    return 0


COMMANDS: "dict[str, Callable[[list[str]], int]]" = {
    "up": up,
    "test": test,
    "bench": bench,
    "soak": soak,
    "env": env,
    "lock": lock,
}


def module(name: str) -> "list[str]":
    """The command that runs a module of the environment."""
    # Not the script in .venv/bin: a script's first line may be longer than the kernel reads.
    return [str(PYTHON), "-m", name]


def hand_over(command: "Sequence[str | Path]") -> int:
    """Become another program, which runs in the checkout; its exit status is ours."""
    words = [str(word) for word in command]
    os.chdir(ROOT)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(words[0], words, surroundings())  # noqa: S606 - that is the point
    raise AssertionError("exec does not return")


def surroundings() -> "dict[str, str]":
    """The environment variables of someone who has activated `.venv`."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONHOME"}
    kept["VIRTUAL_ENV"] = str(VENV)
    kept["PATH"] = os.pathsep.join([str(VENV / "bin"), os.environ.get("PATH", os.defpath)])
    return kept


# Python


def check_python(version: "tuple[int, ...]", program: str) -> None:
    """Refuse to go on with a Python or a system that Horarium does not run on."""
    if os.name != "posix":
        raise Refusal("Horarium runs on Linux and macOS; on Windows use WSL.")
    if version[:2] >= NEEDED:
        return
    needed, found = ".".join(map(str, NEEDED)), ".".join(map(str, version[:2]))
    newer = [f"python3.{minor}" for minor in range(20, NEEDED[1] - 1, -1)]
    there = [name for name in newer if shutil.which(name)]
    advice = f"run this with {there[0]}" if there else f"install it (package python{needed})"
    raise Refusal(f"Horarium needs Python {needed} or newer, but {program} is {found}; {advice}.")


def version_inside() -> "str | None":
    """The Python version of `.venv`, or none where it is missing or broken."""
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run(
            [str(PYTHON), "-I", "-S", "-c", ask], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError:
        return None
    version = answer.stdout.decode().strip()
    packages = VENV / "lib" / f"python{version}" / "site-packages"
    # The Python that it was made with may have been replaced by another since.
    usable = answer.returncode == 0 and packages.is_dir()
    return version if usable and tuple(map(int, version.split("."))) >= NEEDED else None


# The environment


def ensure_environment(wanted: Path) -> None:
    """Return when `.venv` holds exactly what a lock file says, installing it where needed."""
    try:
        if is_complete(wanted):
            return
        with alone():
            if not is_complete(wanted):
                install(wanted)
    except OSError as error:
        raise Refusal(f"the environment in {VENV} cannot be made: {error}") from error


def is_complete(wanted: Path) -> bool:
    """Whether what a lock file asks for is installed; the one for developing includes the other."""
    version = version_inside()
    return version is not None and any(
        read(stamp_of(path)) == stamp(path, version) for path in (wanted, DEVELOPMENT)
    )


def install(wanted: Path) -> None:
    """Fill `.venv` from a lock file, and stamp it when that is done."""
    began = time.monotonic()
    clear_the_ground()
    say(f"Installing {count(wanted)} packages from {wanted.name} (once) ...")
    if not (shutil.which("uv") and install_with_uv(wanted)):
        install_with_pip(wanted)
    version = version_inside()
    if version is None or not (VENV / "bin" / "horarium").exists():
        raise Refusal(f"{VENV} is not usable after the installation; remove it and try again")
    stamp_of(wanted).write_text(stamp(wanted, version))
    say(f"Installed in {time.monotonic() - began:.0f} s.")


def clear_the_ground() -> None:
    """Leave an environment that works and has no stamp."""
    if VENV.exists() and not is_usable():
        say(f"{VENV} is broken or was made elsewhere: making it anew")
        shutil.rmtree(str(VENV))
    if not VENV.exists():
        make_venv()
    for path in (RUNTIME, DEVELOPMENT):
        if stamp_of(path).exists():
            stamp_of(path).unlink()


def is_usable() -> bool:
    """Whether an environment is worth keeping: it runs, and its scripts still find it."""
    stamps = [read(stamp_of(path)) for path in (RUNTIME, DEVELOPMENT)]
    moved = any(text and text.splitlines()[-1] != str(VENV) for text in stamps)
    return version_inside() is not None and not moved


def stamp(wanted: Path, version: str) -> str:
    """What shows that `.venv` holds what a lock file says: a hash, and where it was installed."""
    digest = hashlib.sha256()
    for content in (wanted.read_bytes(), PROJECT.read_bytes(), version.encode()):
        digest.update(b"%d:" % len(content) + content)
    return f"{digest.hexdigest()}\n{VENV}\n"


def stamp_of(wanted: Path) -> Path:
    """Where the stamp for a lock file is."""
    return VENV / f"{wanted.name}.stamp"


def read(path: Path) -> str:
    """A file's text, empty where there is none."""
    return path.read_text() if path.exists() else ""


def count(wanted: Path) -> int:
    """How many packages a lock file names."""
    return sum("==" in line for line in wanted.read_text().splitlines())


@contextmanager
def alone() -> "Iterator[None]":
    """Keep other run.py of this checkout out meanwhile."""
    import fcntl

    with Path(__file__).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another run.py is making the environment; waiting for it ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def make_venv() -> None:
    """An empty environment of the Python that runs this."""
    say(f"Making {VENV} with Python {platform.python_version()} ...")
    uv = shutil.which("uv")
    if uv and quietly([uv, "venv", "--python", sys.executable, str(VENV)]):
        return
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise Refusal(
            f"{sys.executable} cannot make environments: its modules venv and ensurepip are "
            "missing; install the package python3-venv (apt install python3-venv) and try again."
        )
    if not quietly([sys.executable, "-m", "venv", str(VENV)]):
        shutil.rmtree(str(VENV), ignore_errors=True)
        raise Refusal(f"{VENV} could not be made; install the package python3-venv and try again.")


def install_with_uv(wanted: Path) -> bool:
    """Install with uv; false where it cannot, as with an index that only pip is told of."""
    uv = ["uv", "pip", "install", "--python", str(PYTHON)]
    project = ["--no-deps", "--no-build-isolation", "--offline", "--editable", str(ROOT)]
    for rest in (["--require-hashes", "--requirement", str(wanted)], project):
        if subprocess.run([*uv, *rest], stdin=subprocess.DEVNULL, cwd=str(ROOT)).returncode != 0:
            say("uv could not install; trying pip")
            return False
    return True


def install_with_pip(wanted: Path) -> None:
    """Install with the environment's own pip, which an environment made by uv lacks."""
    if not quietly([*module("pip"), "--version"], aloud=False):
        quietly([*module("ensurepip"), "--default-pip"])
    hashed = ["--require-hashes", "--only-binary=:all:", "--requirement", str(wanted)]
    project = ["--no-deps", "--no-build-isolation", "--no-index", "--editable", str(ROOT)]
    run_pip(hashed, count(wanted))
    run_pip(project, 1)


def run_pip(arguments: "list[str]", total: int) -> None:
    """Run pip install and show how far it is; its own words are shown when it fails."""
    pip = [*module("pip"), "install", "--no-input", "--progress-bar=off", *arguments]
    # A user's own settings for pip may be meant for another place than an environment.
    settings = {**surroundings(), "PIP_USER": "0", "PIP_REQUIRE_HASHES": "0"}
    process = subprocess.Popen(
        pip,
        cwd=str(ROOT),
        env=settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    with process:
        words = show_progress(iter(process.stdout or ()), total)
    if process.returncode != 0:
        say("".join(words[-15:]).rstrip())
        raise Refusal(
            "pip could not install the packages, its last words are above; "
            "when they speak of the network, look after that and run the same command again."
        )


def show_progress(lines: "Iterator[str]", total: int) -> "list[str]":
    """Show how many packages pip has come to; returns all that it said."""
    words, done = [], 0
    every = 1 if sys.stderr.isatty() else 20
    for line in lines:
        words.append(line)
        if line.startswith(("Collecting ", "Requirement already satisfied: ")):
            done += 1
            if done % every == 0:
                show(f"  {done} of {total}")
        elif line.startswith("Installing collected packages"):
            show("  unpacking")
    if sys.stderr.isatty():
        show("")
    return words


def show(state: str) -> None:
    """One line that is written over on a terminal."""
    if sys.stderr.isatty():
        print(f"\r{state:<30}\r", end="", file=sys.stderr, flush=True)
    else:
        say(state)


def quietly(command: "list[str]", aloud: bool = True) -> bool:
    """Run a command that is only heard when it fails."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode != 0 and aloud:
        say(done.stdout.decode(errors="replace").rstrip())
    return done.returncode == 0


# Tests


LINTERS = [
    ("ruff check", [*module("ruff"), "check"]),
    ("ruff format", [*module("ruff"), "format", "--check"]),
]
# They take long, and one core: they run beside the tests, which often wait for something.
CHECKERS = [
    ("mypy", module("mypy")),
    ("lint-imports", [str(VENV / "bin" / "lint-imports")]),
]

# A run ends, whatever is broken: where a server is there and does not answer, every test would wait
# for its own limit. More failures than these say nothing new; a run is never this long (seconds).
BOUNDS = ["--maxfail=30", "--override-ini=longest_run=2400"]


def from_root(arguments: "list[str]") -> "tuple[list[str], bool]":
    """Arguments as they read from the checkout's folder, and whether any names a path."""
    paths = [Path(argument.split("::")[0]) for argument in arguments]
    named = [not str(path).startswith("-") and path.exists() for path in paths]
    absolute = [
        str(Path.cwd() / argument) if is_path else argument
        for argument, is_path in zip(arguments, named)  # noqa: B905 - strict is newer than 3.6
    ]
    return absolute, any(named)


@contextmanager
def beside(
    steps: "Sequence[tuple[str, list[str]]]", folder: str
) -> "Iterator[list[tuple[str, int, float]]]":
    """Run checks, one after another, during a block; what they say is shown when all are through.

    Their outcomes are in the list that is handed out, once the block has ended.
    """
    from concurrent.futures import ThreadPoolExecutor

    outcomes: list[tuple[str, int, float]] = []
    with ThreadPoolExecutor(1) as thread:
        running = [
            thread.submit(run_unseen, name, command, Path(folder, name)) for name, command in steps
        ]
        try:
            yield outcomes
        except BaseException:
            for each in running:
                each.cancel()
            raise
        for each in running:
            outcomes.append(each.result())
            said = Path(folder, outcomes[-1][0])
            print(f"\n── {said.name} ──\n{said.read_text(errors='replace')}", end="", flush=True)


def run_unseen(name: str, command: "list[str]", path: Path) -> "tuple[str, int, float]":
    """Run one check that writes into a file: its name, its exit status, its seconds."""
    began = time.monotonic()
    with path.open("wb") as file:
        status = subprocess.run(
            command,
            cwd=str(ROOT),
            env=surroundings(),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        ).returncode
    return name, status, time.monotonic() - began


def run_step(name: str, command: "list[str]") -> "tuple[str, int, float]":
    """Run one check: its name, its exit status, its seconds."""
    print(f"\n── {name} ──", flush=True)
    began = time.monotonic()
    with subprocess.Popen(command, cwd=str(ROOT), env=surroundings()) as process:
        try:
            status = process.wait()
        except KeyboardInterrupt:
            # The terminal has told it too; it ends in its own order.
            process.wait()
            raise
    return name, status, time.monotonic() - began


def print_skipped(report: Path) -> None:
    """Name every test that did not run, and why."""
    skipped = list(skipped_in(report)) if report.exists() else []
    if skipped:
        print(f"\n── not run: {len(skipped)} ──")
    for name, reason in skipped:
        print(f"{name}: {reason}")


def skipped_in(report: Path) -> "Iterator[tuple[str, str]]":
    """Names and reasons of the skipped tests in a report of pytest's."""
    from xml.etree import ElementTree

    for case in ElementTree.parse(str(report)).iter("testcase"):  # noqa: S314 - pytest's
        for skip in case.iter("skipped"):
            if skip.get("type") == "pytest.skip":
                place = case.get("file") or case.get("classname") or ""
                yield f"{place}::{case.get('name')}", skip.get("message") or "no reason given"


def print_outcomes(outcomes: "Sequence[tuple[str, int, float]]", seconds: float) -> int:
    """The last lines: each check with its outcome; returns the exit status."""
    print("\n── outcome ──")
    for name, status, took in outcomes:
        print(f"{name:<14}{'passed' if status == 0 else 'FAILED':<8}{took:6.1f} s")
    failed = any(status != 0 for _, status, _ in outcomes)
    print(f"{'together':<14}{'FAILED' if failed else 'passed':<8}{seconds:6.1f} s", flush=True)
    return 1 if failed else 0


# Locks


def write_lock(target: Path, arguments: "list[str]") -> None:
    """Resolve the requirements for every system and Python at once, without any address."""
    uv = shutil.which("uv")
    if uv is None:
        raise Refusal("the lock files are made with uv; install it (pip install uv) and try again.")
    command = [uv, "pip", "compile", PROJECT.name, "-", "--universal"]
    command += [f"--python-version={'.'.join(map(str, NEEDED))}", "--only-binary=:all:"]
    command += ["--generate-hashes", "--no-annotate", "--no-header", "--quiet"]
    command += ["--no-emit-index-url", "--no-emit-find-links", f"--output-file={target.name}"]
    build = "\n".join(build_requirements()).encode()
    if subprocess.run([*command, *arguments], input=build, cwd=str(ROOT)).returncode != 0:
        raise Refusal(f"uv could not resolve the requirements; {target.name} is as it was.")
    header = "# Written by `python3 run.py lock` from pyproject.toml; not to be edited.\n"
    target.write_text(header + target.read_text())
    say(f"{target.name}: {count(target)} packages")


def build_requirements() -> "list[str]":
    """What the project itself is installed with, without build isolation and network."""
    import tomllib

    found: list[str] = tomllib.loads(PROJECT.read_text())["build-system"]["requires"]
    # Hatchling asks for it when the project is installed as it lies there.
    return [*found, "editables"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
