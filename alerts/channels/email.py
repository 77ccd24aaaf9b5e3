"""E-mail by SMTP (RFC 5321): one connection a parcel, every step inside one time budget.

What matters is when a step fails. Before the server has been given the text nothing was sent;
after that, silence may hide an acceptance, and is reported as such. The server's words are never
passed on, because they quote addresses: its code says what there is to say.
"""

from __future__ import annotations

import re
import smtplib
import ssl
import time
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from typing import Literal

from pydantic import SecretStr

from alerts.errors import SendError
from alerts.parcel import Parcel

OK = range(200, 300)
GO_ON = 354
TEMPORARY = range(400, 500)
LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server.

    Attributes
    ----------
    sender : the address that the messages come from
    security : ``starttls`` and ``tls`` check the server's certificate
    budget_s : for one parcel, from connecting to the server's last word
    """

    host: str
    port: int
    sender: str
    security: Literal["none", "starttls", "tls"] = "none"
    login: str | None = None
    password: SecretStr | None = None
    budget_s: float = 20.0


@dataclass(frozen=True, slots=True)
class EmailChannel:
    """Sends parcels through one mail server."""

    server: Server

    def send(self, parcel: Parcel) -> None:
        """Send one e-mail.

        Raises
        ------
        SendError
            With `uncertain` where the text was handed over and no answer came.
        """
        if parcel.address is None:
            raise SendError("email: the contact has no address", retryable=False)
        address = parcel.address.get_secret_value()
        session = _Session(self.server)
        try:
            session.open()
            session.envelope(address)
            session.text(_content(parcel, address, self.server.sender))
        finally:
            session.close()


class _Session:
    """One conversation; `stage` is what was being done when it failed."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.ends = time.monotonic() + server.budget_s
        self.smtp: smtplib.SMTP | None = None

    def open(self) -> None:
        try:
            self.smtp = self._connect()
            if self.server.security == "starttls":
                self._left().starttls(context=ssl.create_default_context())
            if self.server.login is not None and self.server.password is not None:
                self._left().login(self.server.login, self.server.password.get_secret_value())
        except smtplib.SMTPResponseException as error:
            # Of the server or our login, not of this person: a cure lets every parcel through.
            why = f"email: connecting answered {error.smtp_code}"
            raise SendError(why, retryable=True) from None
        except (OSError, smtplib.SMTPException) as error:
            raise _silence("connecting", error) from None

    def envelope(self, address: str) -> None:
        smtp = self._left()
        try:
            _expect("greeting", smtp.ehlo()[0])
            _expect("sender", self._left().mail(self.server.sender)[0])
            _expect("recipient", self._left().rcpt(address)[0])
            code = self._left().docmd("DATA")[0]
        except (OSError, smtplib.SMTPException) as error:
            raise _silence("envelope", error) from None
        if code != GO_ON:
            raise _refusal("data", code)

    def text(self, content: bytes) -> None:
        try:
            smtp = self._left()
        except OSError as error:
            raise _silence("text", error) from None
        try:
            smtp.send(LEADING_DOT.sub(b"..", content) + b".\r\n")
            code = self._left().getreply()[0]
        except (OSError, smtplib.SMTPException) as error:
            # Also of a part of it: who closed, and after which byte, cannot be known.
            raise _silence("text", error, uncertain=True) from None
        _expect("text", code)

    def close(self) -> None:
        if self.smtp is not None:
            # No QUIT: its answer could cost the time of the next parcel and changes nothing.
            self.smtp.close()

    def _connect(self) -> smtplib.SMTP:
        host, port, budget_s = self.server.host, self.server.port, self.server.budget_s
        if self.server.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(host, port, timeout=budget_s, context=context)
        return smtplib.SMTP(host, port, timeout=budget_s)

    def _left(self) -> smtplib.SMTP:
        """Return the connection, which may wait no longer than what is left of the budget."""
        left = self.ends - time.monotonic()
        if self.smtp is None or self.smtp.sock is None or left <= 0:
            raise TimeoutError("the time for this parcel is over")
        self.smtp.sock.settimeout(left)
        return self.smtp


def _expect(stage: str, code: int) -> None:
    if code not in OK:
        raise _refusal(stage, code)


def _refusal(stage: str, code: int) -> SendError:
    return SendError(f"email: {stage} answered {code}", retryable=code in TEMPORARY)


def _silence(stage: str, error: Exception, *, uncertain: bool = False) -> SendError:
    why = type(error).__name__
    return SendError(f"email: {stage} failed, {why}", retryable=True, uncertain=uncertain)


def _content(parcel: Parcel, address: str, sender: str) -> bytes:
    """Return the e-mail's bytes: the same for every repeat of a parcel."""
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"] = sender
    mail["To"] = address
    mail["Subject"] = " ".join(parcel.subject.split())
    mail["Date"] = format_datetime(parcel.queued_at)
    mail["Message-ID"] = f"<{parcel.key}@{sender.partition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    if parcel.urgent:
        mail["Importance"] = "high"
        mail["X-Priority"] = "1"
    mail.set_content(parcel.body)
    mail["Content-Language"] = parcel.language
    return mail.as_bytes()
