"""One connection to the member's own server, made again for ever, with frames handed over straight from the socket.

nats-py puts every message into a queue and wakes a task for it, and puts every publish into another one. Here a message
goes to its receiver from the read loop, and a publish to the socket at once: on a busy loop that is the difference
between one turn of it and three. What this rests on inside nats-py is in ``Socket`` and nowhere else.
Reconnecting is ours as well: nats-py tries for two minutes with credentials that were refused, and gives up for ever on
errors that pass.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import msgspec
import nats.errors

from tocsin.bus.config import BusConfig
from tocsin.bus.sockets import Sink, Socket
from tocsin.errors import BusAuthError, BusError, BusUnavailableError, ReplacedError, TocsinError

_RECONNECT_S = 0.25
_CONNECT_TIMEOUT_S = 5
_PING_INTERVAL_S = 5

_AUTH_WORDS = ("authorization violation", "authentication")
_LATE_WORDS = "authentication timeout"
"""The server waited for our key in vain, as when this process was stopped for a while: no refusal, tried again."""


class Connection:
    """A connection that comes back by itself.

    Args:
        config: The member's bus.
        seed: Seed of the user to be.
        name: Shown in the server's lists.
        on_up: Awaited after every (re)connect, before anything else is sent by the bus.
        on_down: Called when the connection is lost.
        on_refused: Called if the server refuses the credentials while reconnecting, or ``before_up`` says that another
            process is in our place; no further try is made.
        before_up: Awaited with each new connection before anything else can be sent on it.
    """

    def __init__(
        self,
        config: BusConfig,
        *,
        seed: str,
        name: str,
        on_up: Callable[[], Awaitable[None]] | None = None,
        on_down: Callable[[], None] | None = None,
        on_refused: Callable[[TocsinError], None] | None = None,
        before_up: Callable[[Socket], Awaitable[None]] | None = None,
    ) -> None:
        self._config = config
        self._seed = seed
        self._name = name
        self._on_up = on_up
        self._on_down = on_down
        self._on_refused = on_refused
        self._before_up = before_up
        self._socket: Socket | None = None
        self._lost = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._subscriptions: dict[int, tuple[str, Sink]] = {}
        self._handles: dict[int, Any] = {}
        self._numbers = itertools.count(1)
        self._problem = ""
        self._urls = list(config.urls)
        """The one that we are, or were last, connected to first."""
        self._closing = False

    @property
    def is_up(self) -> bool:
        """Whether something written now goes to the server."""
        return self._socket is not None and bool(self._socket.is_connected)

    @property
    def identity(self) -> tuple[str, int]:
        """The server that we are connected to, and our number there."""
        return self._socket.identity if self._socket is not None else ("", 0)

    @property
    def problem(self) -> str:
        """Why the last try to connect failed; empty while connected."""
        return "" if self.is_up else self._problem

    @property
    def max_payload(self) -> int:
        """The largest message that the server takes, bytes."""
        return int(self._socket.max_payload) if self._socket is not None else self._config.max_payload_bytes

    @property
    def unsent_bytes(self) -> int:
        """What waits in this process for the socket, bytes."""
        return self._socket.unsent_bytes if self._socket is not None else 0

    async def open(self, *, timeout_s: float = 10.0) -> None:
        """Connect, and keep connected until ``close``.

        Raises:
            BusAuthError: The server refuses the credentials.
            BusUnavailableError: No server answers within ``timeout_s`` seconds.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    try:
                        await self._connect()
                        break
                    except BusUnavailableError:
                        await self._drop()
                        await asyncio.sleep(_RECONNECT_S)
        except TimeoutError as cause:
            raise BusUnavailableError(
                f"no NATS server answers at {self._config.url}: {self._problem or 'no answer'}",
                advice="See whether it runs, and whether bus.client_listen or bus.cluster names its address",
            ) from cause
        self._keeper = asyncio.create_task(self._keep(), name=f"bus {self._name}")

    async def close(self) -> None:
        """Send what is waiting and disconnect for good."""
        self._closing = True
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            await cancel_for_good(keeper)
        await self._drop()

    async def subscribe(self, subject: str, sink: Sink) -> int:
        """Hand every message of a subject to ``sink``, now and after each reconnect; return a handle."""
        number = next(self._numbers)
        self._subscriptions[number] = (subject, sink)
        if self._socket is not None and self.is_up:
            await self._attach(self._socket, number)
            await self._flush(self._socket)
        return number

    async def unsubscribe(self, number: int) -> None:
        """Stop a subscription."""
        self._subscriptions.pop(number, None)
        handle = self._handles.pop(number, None)
        if handle is not None and self._socket is not None and self.is_up:
            try:
                await handle.unsubscribe()
            except nats.errors.Error as cause:
                raise _ours(cause) from cause

    def send(self, subject: bytes, payload: bytes, *, reply: bytes = b"", headers: bytes = b"") -> bool:
        """Write a message to the socket now.

        Args:
            subject: Where it goes.
            payload: What is said.
            reply: Where an answer is to go.
            headers: Encoded, with the version line, or empty.

        Returns:
            False if there is no connection; nothing is kept then.
        """
        socket = self._socket
        if socket is None or not socket.is_open:
            return False
        middle = b" " + reply + b" " if reply else b" "
        if headers:
            line = b"HPUB %b%b%d %d\r\n" % (subject, middle, len(headers), len(headers) + len(payload))
            socket.send(line + headers, payload, b"\r\n")
        else:
            socket.send(b"PUB %b%b%d\r\n" % (subject, middle, len(payload)), payload, b"\r\n")
        return True

    async def request(self, subject: str, body: object | None = None, *, timeout_s: float = 5.0) -> bytes:
        """Ask the server something in JSON and return the answer's bytes.

        Raises:
            BusUnavailableError: There is no connection, nobody who could answer, or no answer in time.
        """
        socket = self._socket
        if socket is None or not self.is_up:
            raise BusUnavailableError(f"no connection to {self._config.url}: {self._problem or 'not connected'}")
        try:
            with _heeding_cancellation():
                message = await socket.request(
                    subject, b"" if body is None else msgspec.json.encode(body), timeout=timeout_s
                )
        except nats.errors.Error as cause:
            raise _ours(cause, doing=f"request {subject}") from cause
        return bytes(message.data)

    async def request_many(
        self, subject: str, body: object | None = None, *, count: int, timeout_s: float
    ) -> list[bytes]:
        """Ask all who listen, and return what ``count`` of them answer, or fewer once the time is over.

        Raises:
            BusUnavailableError: There is no connection.
        """
        answers: list[bytes] = []
        is_complete = asyncio.Event()

        def sink(_subject: bytes, _reply: bytes, data: bytes, _headers: bytes | None) -> None:
            answers.append(data)
            if len(answers) >= count:
                is_complete.set()

        inbox = f"_INBOX.{secrets.token_hex(8)}"
        number = await self.subscribe(inbox, sink)
        try:
            payload = b"" if body is None else msgspec.json.encode(body)
            if not self.send(subject.encode(), payload, reply=inbox.encode()):
                raise BusUnavailableError(f"no connection to {self._config.url}: {self._problem or 'not connected'}")
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await is_complete.wait()
        finally:
            await self.unsubscribe(number)
        return answers

    async def flush(self) -> None:
        """Return when the server has everything that was written so far.

        Raises:
            BusUnavailableError: There is no connection.
        """
        socket = self._socket
        if socket is None or not self.is_up:
            raise BusUnavailableError(f"no connection to {self._config.url}")
        await self._flush(socket)

    async def _connect(self) -> None:
        """Connect to the first server that takes us; one that does not is asked last the next time.

        Raises:
            BusAuthError: All of them refuse the key.
            BusUnavailableError: None takes us.
        """
        failures: list[BusError] = []
        for url in tuple(self._urls):
            try:
                await self._connect_to(url)
            except BusError as error:
                await self._drop()
                self._urls.remove(url)
                self._urls.append(url)
                failures.append(error)
            else:
                return
        passing = [error for error in failures if not isinstance(error, BusAuthError)]
        self._problem = self._problem if len(failures) == 1 else "; ".join(str(error.args[0]) for error in failures)
        raise (passing or failures)[0]

    async def _connect_to(self, url: str) -> None:
        socket = Socket()
        lost = asyncio.Event()

        async def failed(error: Exception) -> None:
            self._problem = _reason(error)

        async def closed() -> None:
            socket.release_waiting()
            lost.set()

        is_up = False
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT_S):
                # a single try, and nats-py itself never tries again
                await socket.connect(
                    url, name=self._name, nkeys_seed_str=self._seed, allow_reconnect=False,
                    max_reconnect_attempts=1, connect_timeout=_CONNECT_TIMEOUT_S, reconnect_time_wait=0,
                    ping_interval=_PING_INTERVAL_S, error_cb=failed, closed_cb=closed, skip_subject_validation=True,
                )  # fmt: skip
                self._handles.clear()
                while missing := self._subscriptions.keys() - self._handles.keys():  # more may be made meanwhile
                    for number in missing:
                        await self._attach(socket, number)
                    await self._flush(socket)
                if self._before_up is not None:
                    await self._before_up(socket)
            is_up = True
        except (OSError, TimeoutError, nats.errors.Error) as cause:
            self._problem = self._problem if isinstance(cause, nats.errors.NoServersError) else _reason(cause)
            said = self._problem.lower()
            if _LATE_WORDS not in said and any(word in said for word in _AUTH_WORDS):
                raise BusAuthError(
                    f"the NATS server at {url} refuses the key of {self._name}: {self._problem}",
                    advice="Compare the seed file with the user in the server's configuration (tocsin config nats)",
                ) from cause
            raise BusUnavailableError(
                f"no connection to {url}: {self._problem}", advice="See whether the server runs"
            ) from cause
        finally:
            if not is_up:
                await socket.close()
        self._socket, self._lost, self._problem = socket, lost, ""
        if self._on_up is not None:
            await self._on_up()

    async def _keep(self) -> None:
        while not self._closing:
            await self._lost.wait()
            self._handles.clear()
            self._urls.append(self._urls.pop(0))  # a machine that is gone would cost the whole patience first
            if self._on_down is not None:
                self._on_down()
            while not self._closing:
                try:
                    await self._connect()
                    break
                except (BusAuthError, ReplacedError) as refused:
                    self._problem = str(refused)
                    if self._on_refused is not None:
                        self._on_refused(refused)
                    return
                except BusError as cause:
                    self._problem = self._problem or str(cause)
                    await self._drop()
                    await asyncio.sleep(_RECONNECT_S)

    async def _attach(self, socket: Socket, number: int) -> None:
        if number not in self._subscriptions:
            return
        subject, sink = self._subscriptions[number]
        try:
            handle = await socket.subscribe(subject)
        except nats.errors.Error as cause:
            raise _ours(cause, doing=f"subscribe to {subject}") from cause
        # set before the server can have answered: nothing was awaited on the network since
        socket.sinks[handle._id] = sink  # noqa: SLF001 - nats-py shows the number nowhere else
        self._handles[number] = handle

    async def _flush(self, socket: Socket) -> None:
        try:
            with _heeding_cancellation():
                await socket.flush(timeout=5)
        except nats.errors.Error as cause:
            raise _ours(cause) from cause

    async def _drop(self) -> None:
        socket, self._socket = self._socket, None
        self._handles.clear()
        if socket is not None:
            await socket.close()


@contextmanager
def _heeding_cancellation() -> Iterator[None]:
    """Raise a cancellation that nats-py swallowed: ``asyncio.wait_for`` does, if it meets the answer, before 3.12."""
    task = asyncio.current_task()
    before = task.cancelling() if task is not None else 0
    try:
        yield
    finally:
        if task is not None and task.cancelling() > before:
            raise asyncio.CancelledError


async def cancel_for_good(task: asyncio.Task[None]) -> None:
    """Cancel a task until it has ended: nats-py swallows a cancellation in some places."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=_RECONNECT_S)


def _ours(error: Exception, *, doing: str = "talk to the server") -> BusError:
    """Translate an error of nats-py."""
    if isinstance(error, nats.errors.AuthorizationError):
        return BusAuthError(f"cannot {doing}: {_reason(error)}")
    return BusUnavailableError(f"cannot {doing}: {_reason(error)}", advice="The bus tries again by itself")


def _reason(error: BaseException) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    if isinstance(error, (TimeoutError, nats.errors.TimeoutError)):
        return "no answer in time"
    return str(error).removeprefix("nats: ").strip("'") or type(error).__name__
