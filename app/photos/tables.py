"""What is known about photo bytes; the bytes themselves are files. Times are milliseconds since 1970 UTC."""

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.database import Bytewise, table


class Blob(SQLModel, table=True):
    """Bytes that were hashed here and match their name; `stable` once a verified backup holds them."""

    __tablename__ = "blob"

    sha256: str = Field(primary_key=True, sa_type=Bytewise)
    size: int = Field(sa_type=BigInteger)
    mime: str = Field(sa_type=Bytewise)
    received: int = Field(sa_type=BigInteger)
    stable: bool = False


class BlobHolder(SQLModel, table=True):
    """A user who delivered all the bytes, which shows to have had them. The empty user is the server."""

    __tablename__ = "blob_holder"

    sha256: str = Field(primary_key=True, sa_type=Bytewise, foreign_key="blob.sha256")
    user: str = Field(primary_key=True, sa_type=Bytewise)
    at: int = Field(sa_type=BigInteger)


class BlobRef(SQLModel, table=True):
    """An entity of a stream that names a digest, whether its bytes have arrived or not."""

    __tablename__ = "blob_ref"

    sha256: str = Field(primary_key=True, sa_type=Bytewise)
    stream: int = Field(primary_key=True, foreign_key="stream.id")
    entity: str = Field(primary_key=True, sa_type=Bytewise)


class Upload(SQLModel, table=True):
    """An upload under way. `offset` is what was acknowledged: that many bytes of its file are on the disk.

    One at a time for the same bytes by the same user, so that a repeated creation finds the first one.
    A finished one (`offset` equals `size`) stays until it expires, for the tablet that missed the answer.
    """

    __tablename__ = "upload"
    __table_args__ = (UniqueConstraint("user", "sha256", "size"),)

    id: str = Field(primary_key=True, sa_type=Bytewise)
    user: str = Field(sa_type=Bytewise, foreign_key="user.id")
    sha256: str = Field(sa_type=Bytewise)
    size: int = Field(sa_type=BigInteger)
    offset: int = Field(default=0, sa_type=BigInteger)
    created: int = Field(sa_type=BigInteger)
    expires: int = Field(sa_type=BigInteger, index=True)


# The same tables for set-based statements.
blob = table(Blob)
blob_holder = table(BlobHolder)
blob_ref = table(BlobRef)
upload = table(Upload)
