"""The peers' own virtual environment."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_FOLDER = ROOT / ".venv-bench"
_MOST_SECONDS = 900


def peers_python() -> Path:
    """The Python that has the peers installed; makes its environment where it is missing.

    `BENCH_PYTHON` names another one.

    Raises:
        RuntimeError: the environment could not be made; it is not tried again.
    """
    if not _found:
        try:
            _found.append(_find())
        except (OSError, subprocess.SubprocessError) as error:
            _found.append(RuntimeError(f"the peers' environment could not be made: {error}"))
    found = _found[0]
    if isinstance(found, RuntimeError):
        raise found
    return found


_found: list[Path | RuntimeError] = []


def _find() -> Path:
    chosen = os.environ.get("BENCH_PYTHON")
    if chosen:
        return Path(chosen)
    python, stamp = _FOLDER / "bin" / "python", _FOLDER / "stamp"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text("utf-8") != wanted:
        print(f"making {_FOLDER.name} for the peers ...", file=sys.stderr)
        _run(sys.executable, "-m", "venv", str(_FOLDER))
        _run(str(python), "-m", "pip", "install", "--quiet", "-r", str(REQUIREMENTS))
        (_FOLDER / ".gitignore").write_text("*\n", "utf-8")
        stamp.write_text(wanted, "utf-8")
    return python


def _run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=_MOST_SECONDS)
