"""The alternative: a FastAPI route that loads a day's rows with SQLAlchemy's ORM, one object each,
and serialises row by row through its response model. Run by uvicorn with the peers' Python.
"""

import os
from collections.abc import AsyncIterator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

_URL = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://")
_sessions = async_sessionmaker(create_async_engine(_URL, pool_size=10), expire_on_commit=False)


class _Base(DeclarativeBase):
    pass


class _Row(_Base):
    __tablename__ = "reports"
    __table_args__ = {"schema": "shop"}  # noqa: RUF012 - SQLAlchemy's own form

    id: Mapped[int] = mapped_column(primary_key=True)
    report_at: Mapped[date]
    order_id: Mapped[str]
    count_product: Mapped[int]
    total_amount: Mapped[Decimal]
    currency: Mapped[str]
    by_hand: Mapped[bool]
    created_at: Mapped[datetime]


class RowModel(BaseModel):
    """A row as it is answered."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    report_at: date
    order_id: str
    count_product: int
    total_amount: Decimal
    currency: str
    by_hand: bool
    created_at: datetime


async def _session() -> AsyncIterator[AsyncSession]:
    async with _sessions() as session:
        yield session


app = FastAPI()


@app.get("/report", response_model=list[RowModel])
async def report(date: date, session: Annotated[AsyncSession, Depends(_session)]) -> list[_Row]:
    """The rows of a day."""
    rows = await session.scalars(select(_Row).where(_Row.report_at == date).order_by(_Row.order_id))
    return list(rows)
