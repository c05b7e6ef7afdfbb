"""An order and its receipt commit together, or not at all.

horarium up --app examples.order_with_receipt:app
"""

import asyncio

from horarium import Horarium, JobConnection

app = Horarium()
broker, scheduler = app.broker, app.scheduler


@broker.task(queue="mail", retry_on_error=True, max_retries=5, retry_backoff=2, timeout=30)
async def send_receipt(order: str, connection: JobConnection) -> str:
    """What is written on the job's connection commits with the job's outcome, exactly once."""
    await connection.execute("insert into receipts (order_id) values ($1)", order)
    return f"receipt of {order}"


async def place(order: str) -> str:
    """Record an order and the job that sends its receipt."""
    async with app.transaction() as connection:
        await connection.execute("insert into placed (order_id) values ($1)", order)
        sent = await send_receipt.kiq(order)
    return str(sent.task_id)


async def main() -> None:
    async with app.running():
        async with app.transaction() as connection:
            await connection.execute("create table if not exists placed (order_id text)")
            await connection.execute("create table if not exists receipts (order_id text)")
        print(await place("42"))


if __name__ == "__main__":
    asyncio.run(main())
