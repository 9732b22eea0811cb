"""The web application of one watch floor, put together: routes, rules for browsers, errors, documentation."""

from __future__ import annotations

from pathlib import Path

import structlog
from litestar import Litestar, Request, Response, Router, get
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Tag
from litestar.static_files import create_static_files_router
from litestar.types import Message, Scope

from tocsin.errors import (
    ConfigError,
    DomainError,
    NotReleasableError,
    RecordError,
    ScenarioError,
    SignatureError,
    TocsinError,
)
from tocsin.web import alerting, claiming, consulting, deciding, doing, entering, exercising, feeding, reading
from tocsin.web.floor import Floor, signed_in
from tocsin.web.manual import ManualPage
from tocsin.web.outlets import outlets_router
from tocsin.web.sessions import TooManyTriesError
from tocsin.web.shapes import Problem

PAGE = Path(__file__).parent.parent / "web_dist"
"""Where the built page is."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)

log = structlog.get_logger()


def make_app(floor: Floor, *, page: Path = PAGE) -> Litestar:
    """Make the application.

    Args:
        floor: What its routes work with.
        page: Folder of the built page.
    """
    api = Router(
        "/api/v1",
        route_handlers=[
            entering.session, entering.sign_in, entering.sign_out, entering.enrol, entering.passkey_options,
            entering.sign_in_by_passkey, feeding.feed,
            Router(
                "/",
                guards=[signed_in],
                route_handlers=[
                    reading.picture, reading.events, reading.event, reading.alone, reading.records, reading.record,
                    reading.sensors, reading.links, reading.areas, reading.geojson, reading.kml,
                    doing.remark, doing.seen, doing.write_log,
                    entering.passkeys, entering.new_passkey_options, entering.add_passkey, entering.remove_passkey,
                    alerting.alerts, alerting.draft_end,
                    claiming.claims, claiming.claim, claiming.questions, claiming.judge, claiming.weigh,
                    exercising.exercises, exercising.exercise, exercising.choices, exercising.order,
                    exercising.plans, exercising.plans_calendar,
                    consulting.statements, consulting.statement_differences, consulting.act_on_statement,
                    deciding.held, deciding.decide, deciding.decision_options, deciding.decide_signed,
                ],
            ),
        ],
    )  # fmt: skip
    has_page = (page / "index.html").is_file()
    page_routes = [create_static_files_router("/", [page], html_mode=True)] if has_page else [_no_page]
    return Litestar(
        route_handlers=[api, entering.enter, outlets_router, *page_routes],
        state=State({"floor": floor}),
        before_send=[_add_headers],
        exception_handlers={
            HTTPException: _http_problem, TooManyTriesError: _patience, TocsinError: _own_problem, Exception: _unknown,
        },
        openapi_config=OpenAPIConfig(
            title=f"Tocsin watch floor of {floor.gateway.member.code}", version=floor.version, path="/schema",
            render_plugins=[ManualPage()], tags=[Tag(name="watch floor")],
            description="Everything that the page shows and does. Sign in first: the token comes as a cookie.",
        ),
    )  # fmt: skip


@get("/", include_in_schema=False, media_type="text/plain")
async def _no_page() -> str:
    return "The page of the watch floor is not built here. Build it with: uv sync --reinstall-package tocsin\n"


async def _add_headers(message: Message, scope: Scope) -> None:
    """Tell browsers to trust nothing but ourselves, whatever the answer is."""
    if message["type"] != "http.response.start":
        return
    headers = list(message.get("headers", ()))
    if not scope["path"].startswith("/assets/"):
        headers.append((b"cache-control", b"no-store"))
    message["headers"] = [*headers, *_HEADERS]


_CODES = {
    RecordError: 422, ScenarioError: 422, NotReleasableError: 403, SignatureError: 403, ConfigError: 409,
    DomainError: 409,
}  # fmt: skip
"""Of HTTP, by what went wrong; all else is that the node cannot serve now."""

AnyRequest = Request[None, None, State]


def _http_problem(_: AnyRequest, error: HTTPException) -> Response[Problem]:
    words = error.detail
    if error.extra:
        words += ": " + "; ".join(_words_of(part) for part in _parts(error.extra))
    return _problem(error.status_code, words)


def _patience(_: AnyRequest, error: TooManyTriesError) -> Response[Problem]:
    wait_s = max(1, round(error.wait_s))
    answer = _problem(429, "too many tries", f"Wait {wait_s} s")
    answer.headers["Retry-After"] = str(wait_s)
    return answer


def _own_problem(_: AnyRequest, error: TocsinError) -> Response[Problem]:
    is_ours = isinstance(error, ConfigError) and bool(error.path)  # a file of the member is spoilt
    code = 503 if is_ours else next((code for sort, code in _CODES.items() if isinstance(error, sort)), 503)
    return _problem(code, error.args[0], error.advice)


def _unknown(request: AnyRequest, error: Exception) -> Response[Problem]:
    """Tell a person nothing of what went wrong inside: it might hold what is not for them; the log has it."""
    log.error("a request failed", path=request.url.path, exc_info=error)
    return _problem(500, "the watch floor could not answer", "The log of the node says why")


def _problem(code: int, words: str, advice: str = "") -> Response[Problem]:
    return Response(Problem(error=words, advice=advice), status_code=code, media_type="application/json")


def _parts(extra: object) -> list[object]:
    return list(extra) if isinstance(extra, (list, tuple)) else [extra]


def _words_of(part: object) -> str:
    if isinstance(part, dict):
        return f"{part.get('key', '')} {part.get('message', '')}".strip()
    return str(part)
