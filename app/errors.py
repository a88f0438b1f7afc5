"""One catalogue of what a caller can be told to have gone wrong, and the one place that renders it.

Raise a subclass of `Problem` anywhere below a router. Its docstring is the title that travels, its `code` the
stable name clients decide by (`urn:insats:<code>`), `detail` what is particular to this case. No part of it
holds what the caller neither sent nor may know. `docs/errors.md` lists what a client does about each.
"""

import logging
import secrets
from collections.abc import Mapping
from typing import Any, ClassVar

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"

_log = logging.getLogger("insats")

CATALOGUE: dict[str, type["Problem"]] = {}
"""Every problem by its code."""


class Problem(Exception):
    """A failure that the caller is told about.

    `members` are extra members of the document (`expect=43`), `headers` extra response headers.
    """

    code: ClassVar[str]
    status: ClassVar[int]

    def __init__(self, detail: str = "", *, headers: Mapping[str, str] | None = None, **members: Any) -> None:
        super().__init__(detail or self.title())
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members

    def __init_subclass__(cls, *, code: str, status: int) -> None:
        cls.code, cls.status = code, status
        CATALOGUE[code] = cls

    @classmethod
    def title(cls) -> str:
        """The first line of the docstring."""
        return (cls.__doc__ or cls.__name__).strip().partition("\n")[0]

    def document(self) -> dict[str, Any]:
        """The JSON object of RFC 9457, also used for one line's error inside a larger answer."""
        told = {"detail": self.detail} if self.detail else {}
        return {
            "type": f"urn:insats:{self.code}",
            "title": self.title(),
            "status": self.status,
            **told,
            **self.members,
        }


class Malformed(Problem, code="malformed", status=400):
    """The request could not be read as what this call expects."""


class Unauthenticated(Problem, code="unauthenticated", status=401):
    """This call needs a valid session token."""

    def __init__(self, detail: str = "", **members: Any) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"}, **members)


class CodeInvalid(Problem, code="code-invalid", status=401):
    """This enrolment code is not valid: unknown, already used or too old."""


class ActorUnknown(Problem, code="actor-unknown", status=403):
    """This actor is not registered for this account and device."""


class NotFound(Problem, code="not-found", status=404):
    """There is nothing here that this account may see."""


class MethodNotAllowed(Problem, code="method-not-allowed", status=405):
    """This address exists but not with this method."""


class Reset(Problem, code="reset", status=409):
    """The cursor lies outside the stream or far behind its head; take the snapshot."""


class ChainGap(Problem, code="chain-gap", status=409):
    """The commit before this one is not here; send from `expect`."""


class Taken(Problem, code="taken", status=409):
    """This authority has an account with this id already."""


class UploadOffset(Problem, code="upload-offset", status=409):
    """The upload continues at another offset, given as `offset`."""

    def __init__(self, offset: int) -> None:
        super().__init__(headers={"Upload-Offset": str(offset)}, offset=offset)


class TusVersion(Problem, code="tus-version", status=412):
    """Uploads speak version 1.0.0 of the tus protocol."""

    def __init__(self) -> None:
        super().__init__(headers={"Tus-Version": "1.0.0"})


class TooLarge(Problem, code="too-large", status=413):
    """The request or one of its parts is above the limit."""


class UnsupportedMedia(Problem, code="unsupported-media", status=415):
    """Only JPEG and HEIC photos are taken."""


class BadSignature(Problem, code="bad-signature", status=422):
    """The signature does not fit the commit."""


class PhotoNotShown(Problem, code="photo-not-shown", status=422):
    """The photo is kept as it came, but its bytes are no picture that can be shown."""


class UpgradeRequired(Problem, code="upgrade-required", status=426):
    """This version of the app is too old to read; it can still send."""


class TooMany(Problem, code="too-many", status=429):
    """Too many requests; wait `Retry-After` seconds."""

    def __init__(self, detail: str = "", *, retry_after: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class ChecksumMismatch(Problem, code="checksum-mismatch", status=460):
    """The bytes do not hash to the digest that was promised."""


class Internal(Problem, code="internal", status=500):
    """The server failed; the same request may be sent again."""


class Unavailable(Problem, code="unavailable", status=503):
    """The server cannot take this now; try again later."""

    def __init__(self, detail: str = "", *, retry_after: int = 10) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


def install(app: FastAPI) -> None:
    """Makes the app answer every failure, its own and the framework's, as a problem document."""
    app.exception_handler(Problem)(_on_problem)
    app.exception_handler(RequestValidationError)(_on_invalid)
    app.exception_handler(HTTPException)(_on_http)
    app.exception_handler(Exception)(_on_unexpected)


def problem_response(problem: Problem) -> Response:
    """The problem as a response that no cache keeps."""
    return Response(
        orjson.dumps(problem.document()),
        status_code=problem.status,
        headers={"Cache-Control": "no-store", **problem.headers},
        media_type=MEDIA_TYPE,
    )


def explain(errors: list[ErrorDetails], limit: int = 5) -> str:
    """Where a body fails its model, without repeating what was sent."""
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in errors[:limit])


async def _on_problem(_: Request, error: Problem) -> Response:
    return problem_response(error)


async def _on_invalid(_: Request, error: RequestValidationError) -> Response:
    return problem_response(Malformed(explain(list(error.errors()))))


_BY_STATUS: dict[int, type[Problem]] = {
    404: NotFound,
    405: MethodNotAllowed,
    413: TooLarge,
    415: UnsupportedMedia,
}


async def _on_http(_: Request, error: HTTPException) -> Response:
    otherwise = Malformed if error.status_code < 500 else Internal
    kind = _BY_STATUS.get(error.status_code, otherwise)
    return problem_response(kind(headers=error.headers))


async def _on_unexpected(request: Request, error: Exception) -> Response:
    """The log and the caller share a reference; only the log knows more. A query may hold secrets."""
    reference = secrets.token_hex(6)
    _log.error("internal error %s at %s %s", reference, request.method, request.url.path, exc_info=error)
    return problem_response(Internal(f"Reference {reference}."))
