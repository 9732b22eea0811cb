"""A letter for each message, by SMTP, with the CAP file attached."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path

from tocsin.channels.carrying import CapFile, require_own
from tocsin.channels.tables import ChannelTable
from tocsin.channels.webhook import first_line
from tocsin.errors import ChannelError
from tocsin.records import PublicChannel, Released

TIMEOUT_S = 20.0


class Mail:
    """Sends messages by SMTP; the server's acceptance for every address confirms one.

    Args:
        table: Of kind ``mail``.
        token_file: With the password in its first line.
    """

    def __init__(self, table: ChannelTable, *, token_file: Path | None = None) -> None:
        self.name = table.name
        self._table = table
        self._token_file = token_file

    async def carry(self, released: Released[PublicChannel], message: CapFile) -> str:
        """Send a message. See ``Channel.carry``."""
        require_own(self.name, released)
        return await asyncio.to_thread(self._send, letter_of(message, self._table))

    def _send(self, letter: EmailMessage) -> str:
        host, _, port = (self._table.server or "").rpartition(":")
        try:
            with smtplib.SMTP(host.strip("[]"), int(port), timeout=TIMEOUT_S) as server:
                if self._table.is_encrypted:
                    server.starttls(context=ssl.create_default_context())
                if self._table.user is not None and self._token_file is not None:
                    server.login(self._table.user, first_line(self._token_file))
                refused = server.send_message(letter)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise ChannelError(f"{self._table.server}: {error}", channel=self.name) from error
        if refused:
            raise ChannelError(f"{self._table.server} refused {', '.join(sorted(refused))}", channel=self.name)
        return f"accepted for {len(self._table.mail_to)}"


def letter_of(message: CapFile, table: ChannelTable) -> EmailMessage:
    """Return a message as a letter: every language in the text, the CAP file attached."""
    letter = EmailMessage()
    alert = message.alert
    letter["From"] = table.mail_from
    letter["To"] = ", ".join(table.mail_to)
    letter["Message-ID"] = f"<{alert.identifier}@{(table.mail_from or '').partition('@')[2]}>"
    letter["Subject"] = next((info.headline for info in alert.infos if info.headline), alert.identifier)
    letter["X-CAP-Status"] = alert.status
    if alert.references:
        domain = (table.mail_from or "").partition("@")[2]
        letter["References"] = " ".join(f"<{each.identifier}@{domain}>" for each in alert.references)
    letter.set_content("\n\n".join(f"{info.headline}\n{info.description}\n{info.instruction}" for info in alert.infos))
    letter.add_attachment(message.data, maintype="application", subtype="cap+xml", filename=message.name)
    return letter
