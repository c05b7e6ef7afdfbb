"""`python3 run.py soak [MINUTES]`: simulated years of the timetable, as many as there is time for.

Each seed is one year: hundreds of schedules of all kinds, one to five schedulers, edits, pauses,
deploys, backfills, clock steps, crashes before and after statements; the proof must account for
every due time. A seed that fails is named with how to live it again. Beside the years, once and to
their end, the laws of due times in all zones from 1990 to 2100 are tried with many more examples
than usual and others each time: that takes up to half an hour, by what else the machine does.

`python3 run.py soak laws [MINUTES]`: the laws alone, again and again; a round begins within the
time and goes on to its end.

`python3 run.py soak faults [MINUTES]`: plans among a million rows once; then workers are killed,
100 for each seed, PostgreSQL is stopped and started, and random lives of the ledger are lived,
again and again; the ledger must account for every job.

`python3 run.py soak contract [MINUTES]`: requests of all kinds to all routes, made from the OpenAPI
document, other ones each round; no answer may be 500, or other than the document says.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

LAWS = "tests/engine/schedules/timetable"
YEARS = "tests/engine/schedules/test_simulated_year.py"
SIZES = "300x300,8x200"
"""Schedules and moves of the years of one seed: a wide one, and one in which few meet often."""
FAULTS = (
    "tests/faults",
    "tests/engine/jobs/test_random_lives.py",
    "tests/engine/jobs/test_random_turns.py",
    "tests/engine/worker/test_concurrency.py",
)
CONTRACT = "tests/web/test_web_contract.py"
PLANS = "tests/engine/jobs/test_plans_at_size.py"
MORE = {"HORARIUM_KILLS": "100", "HYPOTHESIS_PROFILE": "thorough"}


def main(arguments: list[str]) -> int:
    kinds = {"faults": endure_faults, "contract": keep_contract, "laws": try_laws}
    endure = kinds.get(arguments[0] if arguments else "", live_years)
    if endure is not live_years:
        arguments = arguments[1:]
    try:
        minutes = float(arguments[0]) if arguments else 10.0
    except ValueError:
        minutes = 0.0
    if len(arguments) > 1 or minutes <= 0:
        sys.stderr.write("soak takes a number of minutes greater than 0, such as 60\n")
        return 2
    end = time.monotonic() + minutes * 60
    return endure(end)


def endure_faults(end: float) -> int:
    if run([PLANS], {"HORARIUM_ROWS": "1000000"}):
        return 1
    seed = int(time.time())
    rounds = 0
    while time.monotonic() < end:
        chance = f"--hypothesis-seed={seed + rounds}"
        if run([*FAULTS, chance], {**MORE, "HORARIUM_SEEDS": str(seed + rounds)}):
            sys.stderr.write(
                "It failed: what it was stands above, with its seed. Run it again:\n"
                f"HORARIUM_KILLS=100 HYPOTHESIS_PROFILE=thorough HORARIUM_SEEDS={seed + rounds} "
                f"python3 run.py test {' '.join(FAULTS)} {chance}\n"
            )
            return 1
        rounds += 1
        say(f"{rounds} rounds, every job accounted for")
    return 0


def keep_contract(end: float) -> int:
    seed = int(time.time())
    rounds = 0
    while time.monotonic() < end:
        more = {"HORARIUM_EXAMPLES": "50", "HORARIUM_SEEDS": str(seed + rounds)}
        if run([CONTRACT], more):
            sys.stderr.write(
                "An answer was not as the document says: it stands above. Ask again:\n"
                f"HORARIUM_EXAMPLES=50 HORARIUM_SEEDS={seed + rounds} python3 run.py test "
                f"{CONTRACT}\n"
            )
            return 1
        rounds += 1
        say(f"{rounds} rounds, every answer as the document says")
    return 0


def try_laws(end: float) -> int:
    seed = int(time.time())
    rounds = 0
    while time.monotonic() < end:
        began = time.monotonic()
        if start_laws(seed + rounds).wait():
            return tell_broken_law(seed + rounds)
        rounds += 1
        say(f"{rounds} rounds of the laws, the last in {time.monotonic() - began:.0f} s")
    return 0


def live_years(end: float) -> int:
    seed = int(time.time())  # other years than those of the last time
    laws = start_laws(seed)
    lived = 0
    while time.monotonic() < end:
        if run([YEARS], {"HORARIUM_SEEDS": str(seed + lived), "HORARIUM_YEAR": SIZES}):
            laws.kill()
            sys.stderr.write(
                "A year has failed: what happened stands above. Live it again:\n"
                f"HORARIUM_SEEDS={seed + lived} HORARIUM_YEAR={SIZES} python3 run.py test {YEARS}\n"
            )
            return 1
        lived += 1
        say(f"{lived * (SIZES.count(',') + 1)} years, every due time accounted for")
    if laws.poll() is None:
        say("the laws go on to their end")
    return tell_broken_law(seed) if laws.wait() else 0


def start_laws(seed: int) -> subprocess.Popen[bytes]:
    say(f"the laws of due times, seed {seed}")
    return start([LAWS, f"--hypothesis-seed={seed}"], {"HYPOTHESIS_PROFILE": "thorough"})


def tell_broken_law(seed: int) -> int:
    sys.stderr.write(
        "A law does not hold: its example stands above. Try it again:\n"
        f"HYPOTHESIS_PROFILE=thorough python3 run.py test {LAWS} --hypothesis-seed={seed}\n"
    )
    return 1


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def run(tests: Sequence[str], environment: Mapping[str, str]) -> int:
    return start(tests, environment).wait()


def start(tests: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "--no-header", "--timeout=7200", *tests],
        env={**os.environ, **environment},
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
