"""run.py: what it refuses, when it installs, what it says at the end."""

import importlib.util
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """run.py of a small checkout with an environment that only has a Python."""
    spec = importlib.util.spec_from_file_location("run", ROOT / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    for name in ("ROOT", "VENV", "PYTHON", "PROJECT", "RUNTIME", "DEVELOPMENT"):
        moved = tmp_path / getattr(module, name).relative_to(ROOT)
        monkeypatch.setattr(module, name, moved)
    for lock in (module.RUNTIME, module.DEVELOPMENT):
        lock.write_text("a==1 \\\n    --hash=sha256:0\n")
    make_venv(module)
    return module


def make_venv(run: ModuleType) -> None:
    run.PYTHON.parent.mkdir(parents=True)
    run.PYTHON.symlink_to(sys.executable)
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    (run.VENV / "lib" / version / "site-packages").mkdir(parents=True)


def complete(run: ModuleType, lock: Path) -> None:
    version = run.version_inside()
    run.stamp_of(lock).write_text(run.stamp(lock, version))


@pytest.mark.parametrize("version", [(3, 6), (3, 10)])
def test_an_old_python_gets_a_sentence(
    run: ModuleType, version: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run.shutil, "which", lambda name: None)
    with pytest.raises(run.Refusal) as caught:
        run.check_python(version, "/usr/bin/python3")
    assert str(caught.value) == (
        f"Horarium needs Python 3.11 or newer, but /usr/bin/python3 is 3.{version[1]}; "
        "install it (package python3.11)."
    )


def test_a_newer_python_that_is_there_is_named(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run.shutil, "which", lambda name: name == "python3.12" or None)
    with pytest.raises(run.Refusal, match=r"run this with python3\.12\."):
        run.check_python((3, 9), "python3")
    run.check_python((3, 11), "python3")


def test_any_python_3_can_read_it() -> None:
    import ast

    ast.parse((ROOT / "run.py").read_text(), feature_version=(3, 6))


def test_an_environment_without_a_stamp_is_not_complete(run: ModuleType) -> None:
    assert run.version_inside() == f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert run.is_usable()
    assert not run.is_complete(run.RUNTIME)


def test_a_stamp_is_good_until_lock_or_project_change(run: ModuleType) -> None:
    complete(run, run.RUNTIME)
    assert run.is_complete(run.RUNTIME)
    assert not run.is_complete(run.DEVELOPMENT)
    run.PROJECT.write_text("[project]\nname = 'other'\n")
    assert not run.is_complete(run.RUNTIME)
    complete(run, run.RUNTIME)
    run.RUNTIME.write_text("a==2 \\\n    --hash=sha256:0\n")
    assert not run.is_complete(run.RUNTIME)


def test_the_environment_for_developing_serves_for_running(run: ModuleType) -> None:
    complete(run, run.DEVELOPMENT)
    assert run.is_complete(run.RUNTIME)


@pytest.mark.parametrize("accident", ["python removed", "python replaced", "folder moved"])
def test_a_broken_environment_is_made_anew(
    run: ModuleType, accident: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete(run, run.RUNTIME)
    if accident == "python removed":
        run.PYTHON.unlink()
        run.PYTHON.symlink_to("/there/is/no/python")
    elif accident == "python replaced":
        next((run.VENV / "lib").iterdir()).rename(run.VENV / "lib" / "python3.0")
    else:
        stamp = run.stamp_of(run.RUNTIME)
        stamp.write_text(stamp.read_text().replace(str(run.VENV), "/elsewhere/.venv"))
    assert not run.is_complete(run.RUNTIME)
    assert not run.is_usable()
    monkeypatch.setattr(run, "make_venv", lambda: make_venv(run))
    run.clear_the_ground()
    assert run.is_usable()
    assert not run.stamp_of(run.RUNTIME).exists()


def test_an_interrupted_installation_is_repeated(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete(run, run.RUNTIME)
    run.RUNTIME.write_text("a==2 \\\n    --hash=sha256:0\n")
    interrupt(run, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        run.ensure_environment(run.RUNTIME)
    assert not run.stamp_of(run.RUNTIME).exists()
    monkeypatch.setattr(run, "install_with_pip", lambda wanted: pretend_to_install(run))
    run.ensure_environment(run.RUNTIME)
    assert run.is_complete(run.RUNTIME)


def interrupt(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(wanted: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run.shutil, "which", lambda name: None)
    monkeypatch.setattr(run, "install_with_pip", interrupted)


def pretend_to_install(run: ModuleType) -> None:
    (run.VENV / "bin" / "horarium").touch()


def test_no_ensurepip_names_the_package_to_install(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run.shutil, "which", lambda name: None)
    monkeypatch.setattr(run.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(run.Refusal, match="install the package python3-venv"):
        run.make_venv()


def test_arguments_keep_their_meaning_in_the_checkouts_folder(
    run: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "test_it.py").touch()
    monkeypatch.chdir(tmp_path)
    assert run.from_root(["-k", "claim"]) == (["-k", "claim"], False)
    assert run.from_root(["test_it.py::test_a", "-x"]) == (
        [f"{tmp_path}/test_it.py::test_a", "-x"],
        True,
    )


def test_skipped_tests_are_named_with_their_reasons(run: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "def test_queue(): pytest.skip('no RabbitMQ answered at here:5672')\n"
        "@pytest.mark.xfail(strict=True)\n"
        "def test_known(): assert False\n"
        "def test_fine(): pass\n"
    )
    report = tmp_path / "report.xml"
    pytest_alone = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", os.devnull]
    options = [f"--rootdir={tmp_path}", f"--junitxml={report}", "-o", "junit_family=xunit1"]
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    subprocess.run([*pytest_alone, *options, tmp_path], check=True, capture_output=True, env=alone)
    assert list(run.skipped_in(report)) == [
        ("test_it.py::test_queue", "no RabbitMQ answered at here:5672")
    ]


def test_every_step_counts_in_the_outcome(
    run: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    outcomes = [
        run.run_step("good", [sys.executable, "-S", "-c", ""]),
        run.run_step("bad", [sys.executable, "-S", "-c", "raise SystemExit(3)"]),
    ]
    assert run.print_outcomes(outcomes, 1.0) == 1
    said = capfd.readouterr().out
    assert "good          passed" in said
    assert "bad           FAILED" in said
    assert run.print_outcomes(outcomes[:1], 1.0) == 0


def test_what_runs_beside_others_is_shown_and_counted_after_them(
    run: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is under way meanwhile: each waits for a word of the other."""
    waits = (
        "import pathlib, time\n"
        "pathlib.Path('begun').touch()\n"
        "while not pathlib.Path('told').exists(): time.sleep(0.01)\n"
        "print('what it says'); raise SystemExit(3)"
    )
    steps = [("waits", [sys.executable, "-S", "-c", waits]), ("good", ["true"])]
    with run.beside(steps, str(tmp_path)) as outcomes:
        while not (tmp_path / "begun").exists():
            time.sleep(0.01)
        (tmp_path / "told").touch()
        run.run_step("in front", [sys.executable, "-S", "-c", "print('in front says')"])
        assert outcomes == []
    assert [(name, status) for name, status, _ in outcomes] == [("waits", 3), ("good", 0)]
    assert run.print_outcomes(outcomes, 1.0) == 1
    said = capfd.readouterr().out
    assert said.index("in front says") < said.index("── waits ──\nwhat it says")


def test_who_interrupts_waits_for_no_check_that_has_not_begun(
    run: ModuleType, tmp_path: Path
) -> None:
    waits = "import pathlib, time\nwhile not pathlib.Path('told').exists(): time.sleep(0.01)"
    begun = [("waits", [sys.executable, "-S", "-c", waits]), ("second", ["touch", "second began"])]
    with pytest.raises(KeyboardInterrupt), run.beside(begun, str(tmp_path)):
        while not (tmp_path / "waits").exists():
            time.sleep(0.01)
        threading.Timer(0.05, (tmp_path / "told").touch).start()
        raise KeyboardInterrupt
    assert not (tmp_path / "second began").exists()


def test_usage(run: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["--help"]) == 0
    assert "python3 run.py COMMAND" in capsys.readouterr().out
    assert run.main(["dance"]) == 2
    assert "python3 run.py COMMAND" in capsys.readouterr().err
