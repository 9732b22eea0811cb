"""A POST of each message to somebody who passes it on."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from pathlib import Path

from tocsin.cap import CAP_TYPE
from tocsin.channels.carrying import CapFile, require_own
from tocsin.errors import ChannelError
from tocsin.records import PublicChannel, Released

TIMEOUT_S = 10.0


class Webhook:
    """Posts messages to an address; an answer of 2xx confirms one.

    Args:
        name: Of the channel.
        url: Where to.
        token_file: With a bearer token in its first line.
    """

    def __init__(self, name: str, url: str, *, token_file: Path | None = None) -> None:
        self.name = name
        self._url = url
        self._token_file = token_file

    async def carry(self, released: Released[PublicChannel], message: CapFile) -> str:
        """Post a message. See ``Channel.carry``."""
        require_own(self.name, released)
        return await asyncio.to_thread(self._post, message)

    def _post(self, message: CapFile) -> str:
        headers = {"Content-Type": CAP_TYPE, "Idempotency-Key": message.alert.identifier}
        try:
            if self._token_file is not None:
                headers["Authorization"] = f"Bearer {first_line(self._token_file)}"
            request = urllib.request.Request(self._url, data=message.data, headers=headers, method="POST")  # noqa: S310 - the table takes http and https alone
            with _opener().open(request, timeout=TIMEOUT_S) as answer:
                return f"answered {answer.status}"
        except urllib.error.HTTPError as error:
            with error:  # it holds the connection
                raise ChannelError(f"{self._url}: answered {error.code}", channel=self.name) from error
        except (OSError, ValueError) as error:
            raise ChannelError(f"{self._url}: {error}", channel=self.name) from error


def first_line(file: Path) -> str:
    """Return the first line of a file that holds a secret.

    Raises:
        OSError: It cannot be read.
    """
    return file.read_text("utf-8").partition("\n")[0].strip()


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A message goes where it was told to, and a token with it nowhere else."""

    def redirect_request(self, *_args: object, **_kwargs: object) -> None:
        return None


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler({}))
