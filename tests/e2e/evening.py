"""The evening that the tests play."""

from sqlalchemy import Connection, select

from app.database import table
from app.operations import readmodels
from app.sync.tables import Stream


def evening_of_the_day(conn: Connection) -> str:
    """The shared stream of the evening of 25 May 2018."""
    operation = table(readmodels.MODELS["operation"]).c
    streams = table(Stream).c
    query = select(streams.name).join_from(
        table(Stream), table(readmodels.MODELS["operation"]), operation.stream == streams.id
    )
    name: str = conn.execute(query.where(operation.date == "2018-05-25")).scalar_one()
    return name
