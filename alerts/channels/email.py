"""E-mail by SMTP (RFC 5321): one connection a parcel, every step inside one time budget.

What matters is when a step fails. Before the server has been given the text nothing was sent;
after that, silence may hide an acceptance, and is reported as such. The server's words are never
passed on, because they quote addresses: its code says what there is to say.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from typing import Literal

from pydantic import SecretStr

from alerts.errors import SendError, Unreachable
from alerts.parcel import Parcel

OK = range(200, 300)
GO_ON = 354
TEMPORARY = range(400, 500)
PERMANENT = range(500, 600)
CUT_AGAIN_S = 0.1
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
        if not isinstance(parcel.address, SecretStr):
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
    """One conversation; when its time is over the line is cut, whatever it waits for.

    A time-out of the socket alone is none: it begins anew with every byte that dribbles in.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self.smtp = _unconnected(server)
        self.ends = time.monotonic() + server.budget_s
        self.closed = threading.Event()

    def open(self) -> None:
        threading.Thread(target=self._cut_in_time, daemon=True).start()
        try:
            self._connect()
            if self.server.security == "starttls":
                self.smtp.starttls(context=ssl.create_default_context())
            if self.server.login is not None and self.server.password is not None:
                self.smtp.login(self.server.login, self.server.password.get_secret_value())
            self.smtp.ehlo_or_helo_if_needed()
        except smtplib.SMTPResponseException as error:
            # Of the server or our login, not of this person: a cure lets every parcel through.
            raise Unreachable(f"email: connecting answered {error.smtp_code}") from None
        except (OSError, UnicodeError, smtplib.SMTPException) as error:
            raise Unreachable(f"email: connecting failed, {type(error).__name__}") from None

    def _connect(self) -> None:
        """Connect to the first of the server's addresses that answers; all share the budget."""
        failure: OSError = TimeoutError()
        found = socket.getaddrinfo(self.server.host, self.server.port, type=socket.SOCK_STREAM)
        for *_, address in found:
            left = self.ends - time.monotonic()
            if left <= 0:
                break
            try:
                self.smtp.timeout = left
                self.smtp.connect(str(address[0]), self.server.port)
            except OSError as error:
                failure = error
            else:
                return
        raise failure

    def envelope(self, address: str) -> None:
        try:
            _expect("sender", self.smtp.mail(self.server.sender)[0])
            _expect("recipient", self.smtp.rcpt(address)[0])
            code = self.smtp.docmd("DATA")[0]
        except (OSError, smtplib.SMTPException) as error:
            raise _silence("envelope", error) from None
        if code != GO_ON:
            raise _refusal("data", code)

    def text(self, content: bytes) -> None:
        try:
            self.smtp.send(LEADING_DOT.sub(b"..", content) + b".\r\n")
            code = self.smtp.getreply()[0]
        except (OSError, smtplib.SMTPException) as error:
            # Also of a part of it: who closed, and after which byte, cannot be known.
            raise _silence("text", error, uncertain=True) from None
        _expect("text", code, else_uncertain=True)

    def close(self) -> None:
        """Hang up without QUIT: its answer changes nothing and may cost time."""
        self.closed.set()
        self.smtp.close()

    def _cut_in_time(self) -> None:
        """Cut the line when its time is over, and again, for it may be made only after that."""
        wait_s = self.server.budget_s
        while not self.closed.wait(wait_s):
            wait_s = CUT_AGAIN_S
            line = self.smtp.sock
            if line is not None:
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)


def _unconnected(server: Server) -> smtplib.SMTP:
    # Our own name is given, for smtplib would ask the name server for it, for every parcel.
    name, budget_s = server.sender.partition("@")[2], server.budget_s
    if server.security == "tls":
        context = ssl.create_default_context()
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            local_hostname=name, timeout=budget_s, context=context
        )
    else:
        smtp = smtplib.SMTP(local_hostname=name, timeout=budget_s)
    # A certificate is checked against this name, which else only a connecting constructor sets.
    smtp._host = server.host  # type: ignore[attr-defined]  # noqa: SLF001
    return smtp


def _expect(stage: str, code: int, *, else_uncertain: bool = False) -> None:
    if code not in OK:
        raise _refusal(stage, code, else_uncertain=else_uncertain)


def _refusal(stage: str, code: int, *, else_uncertain: bool = False) -> SendError:
    """Return what a code other than the awaited one says; words without a code say nothing."""
    plain = code in TEMPORARY or code in PERMANENT
    return SendError(
        f"email: {stage} answered {code}",
        retryable=code not in PERMANENT,
        uncertain=else_uncertain and not plain,
    )


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
