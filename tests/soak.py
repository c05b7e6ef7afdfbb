"""`python3 run.py soak [MINUTES]`: simulated lives of the timetable, as many as there is time for.

Each seed is one life: schedules of all kinds, edits, pauses, backfills, clock steps, crashes before
and after statements; then the proof must account for every due time. A seed that fails is named,
and is lived again with HORARIUM_SEEDS.

`python3 run.py soak faults [MINUTES]`: plans among a million rows once; then workers are killed,
100 for each seed, PostgreSQL is stopped and started, and random lives of the ledger are lived,
again and again; the ledger must account for every job.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

LIVES = "tests/engine/schedules/test_proof.py"
FAULTS = (
    "tests/faults",
    "tests/engine/jobs/test_random_lives.py",
    "tests/engine/jobs/test_random_turns.py",
    "tests/engine/worker/test_concurrency.py",
)
PLANS = "tests/engine/jobs/test_plans_at_size.py"
MORE = {"HORARIUM_KILLS": "100", "HYPOTHESIS_PROFILE": "thorough"}
_AT_ONCE = 4


def main(arguments: list[str]) -> int:
    faults = arguments[:1] == ["faults"]
    if faults:
        arguments = arguments[1:]
    try:
        minutes = float(arguments[0]) if arguments else 10.0
    except ValueError:
        minutes = 0.0
    if len(arguments) > 1 or minutes <= 0:
        sys.stderr.write("soak takes a number of minutes greater than 0, such as 60\n")
        return 2
    end = time.monotonic() + minutes * 60
    return endure_faults(end) if faults else live_lives(end)


def endure_faults(end: float) -> int:
    if run([PLANS], {"HORARIUM_ROWS": "1000000"}):
        return 1
    seed = int(time.time())
    rounds = 0
    while time.monotonic() < end:
        if run(FAULTS, {**MORE, "HORARIUM_SEEDS": str(seed + rounds)}):
            sys.stderr.write(
                "It failed: what it was stands above, with its seed. Run it again:\n"
                f"HORARIUM_KILLS=100 HORARIUM_SEEDS={seed + rounds} python3 run.py test "
                "tests/faults\n"
            )
            return 1
        rounds += 1
        sys.stdout.write(f"{rounds} rounds, every job accounted for\n")
        sys.stdout.flush()
    return 0


def live_lives(end: float) -> int:
    first = int(time.time())  # other lives than those of the last time
    seed = first
    while time.monotonic() < end:
        if live(seed, seed + _AT_ONCE):
            sys.stderr.write(
                "A seed has failed: its number stands in the test's name above. Live it again:\n"
                f"HORARIUM_SEEDS=SEED python3 run.py test {LIVES} -k accounted\n"
            )
            return 1
        seed += _AT_ONCE
        sys.stdout.write(f"{seed - first} lives, every due time accounted for\n")
        sys.stdout.flush()
    return 0


def live(first: int, end: int) -> int:
    seeds = ",".join(str(seed) for seed in range(first, end))
    return run([LIVES, "-k", "accounted"], {"HORARIUM_SEEDS": seeds})


def run(tests: Sequence[str], environment: Mapping[str, str]) -> int:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--no-header", "--timeout=3600", *tests],
        env={**os.environ, **environment},
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
