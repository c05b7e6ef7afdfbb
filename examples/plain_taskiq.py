"""Plain TaskIQ code: on Horarium only the two lines that make broker and scheduler differ.

taskiq worker examples.plain_taskiq:broker
taskiq scheduler examples.plain_taskiq:scheduler
python -m examples.plain_taskiq
"""

import asyncio
from typing import Annotated

from taskiq import Context, TaskiqDepends

from horarium import Horarium

app = Horarium(builtin=False)
broker, scheduler = app.broker, app.scheduler


def greeting() -> str:
    return "Hello"


@broker.task
async def greet(name: str, word: Annotated[str, TaskiqDepends(greeting)]) -> str:
    return f"{word}, {name}!"


@broker.task(retry_on_error=True, max_retries=3, retry_delay=0.01)
async def third_time_lucky(context: Annotated[Context, TaskiqDepends()]) -> str:
    attempts = context.state.attempts = getattr(context.state, "attempts", 0) + 1
    if attempts < 3:
        raise ConnectionError("the other side is not there yet")
    return f"done after {attempts} attempts"


@broker.task(schedule=[{"cron": "* * * * *", "args": [1]}])
def every_minute(number: int) -> int:
    return number + 1


async def main() -> None:
    await broker.startup()
    for sent in (await greet.kiq("Ada"), await third_time_lucky.kiq()):
        result = await sent.wait_result(timeout=30)
        result.raise_for_error()
        print(result.return_value)
    await broker.shutdown()


if __name__ == "__main__":
    asyncio.run(main())
