"""`python3 run.py soak [MINUTES]`: simulated lives of the timetable, as many as there is time for.

Each seed is one life: schedules of all kinds, edits, pauses, backfills, clock steps, crashes before
and after statements; then the proof must account for every due time. A seed that fails is named,
and is lived again with HORARIUM_SEEDS.
"""

import os
import subprocess
import sys
import time

LIVES = "tests/engine/schedules/test_proof.py"
_AT_ONCE = 4


def main(arguments: list[str]) -> int:
    try:
        minutes = float(arguments[0]) if arguments else 10.0
    except ValueError:
        minutes = 0.0
    if len(arguments) > 1 or minutes <= 0:
        sys.stderr.write("soak takes a number of minutes greater than 0, such as 60\n")
        return 2
    first = int(time.time())  # other lives than those of the last time
    end = time.monotonic() + minutes * 60
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
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--no-header", LIVES, "-k", "accounted"],
        env={**os.environ, "HORARIUM_SEEDS": seeds},
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
