"""The exercise's mailbox: keeps what came, shows it, and shows it safely."""

import smtplib
from email.message import EmailMessage

import pytest
from fastapi.testclient import TestClient

from alerts.login import new_account
from alerts.mailbox import create_mailbox_app, mails, receiving
from tests.alerts.post_office import free_port


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "mailbox"


@pytest.fixture
def client(folder):
    folder.mkdir()
    account, password = new_account(folder.parent / "home")
    app = create_mailbox_app(folder, account)
    client = TestClient(app, base_url="http://127.0.0.1:8092")
    client.auth = (account.user, password)
    return client


def posted(folder, *bodies, to="hekou-responsible", subject="演练"):
    server = receiving(folder, free_port())
    server.start()
    try:
        with smtplib.SMTP("127.0.0.1", server.port) as smtp:
            for body in bodies:
                mail = EmailMessage()
                mail["To"], mail["From"] = f"{to}@mailbox.invalid", "duty@mailbox.invalid"
                mail["Subject"], mail["Message-ID"] = subject, "<k@mailbox.invalid>"
                mail.set_content(body)
                smtp.send_message(mail)
    finally:
        server.stop()


def test_what_is_posted_is_kept_in_order_and_in_private(folder, client):
    posted(folder, "one", "two 现在")
    assert [mail.body.strip() for mail in mails(folder)] == ["two 现在", "one"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.glob("*.eml"))


def test_a_person_reads_what_a_village_got(folder, client):
    posted(folder, "Leave now. http://127.0.0.1:8091/ack/a.b.c", "other", to="baishi-warning")
    first = client.get("/mails.json", params={"to": "baishi-warning"}).json()[1]
    assert first["message_id"] == "k"
    page = client.get(f"/mails/{first['name']}").text
    assert '<a href="http://127.0.0.1:8091/ack/a.b.c"' in page
    assert "演练" in client.get("/").text
    assert client.get("/mails.json", params={"to": "nobody"}).json() == []


def test_a_mail_runs_nothing_on_the_page(folder, client):
    posted(folder, '<script>alert(1)</script> http://x/"onclick="y', subject="<b>bold</b>")
    name = mails(folder)[0].name
    for page in (client.get("/"), client.get(f"/mails/{name}")):
        assert "<script>" not in page.text
        assert "<b>bold" not in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "name", ["..%2Fack.key", "ack.key", "0" * 20, "00000000000000000001-1-000001"]
)
def test_no_other_file_can_be_asked_for(folder, client, name):
    (folder.parent / "ack.key").write_bytes(b"secret")
    answer = client.get(f"/mails/{name}")
    assert answer.status_code in {404, 422}
    assert "secret" not in answer.text


def test_it_only_reads(client):
    for path in ("/", "/mails.json"):
        assert client.post(path).status_code == 405
        assert client.delete(path).status_code == 405


@pytest.mark.parametrize("name", ["rebound.example", "127.0.0.1.rebound.example", "testserver"])
def test_a_page_of_the_web_whose_name_was_pointed_here_reads_nothing(folder, client, name):
    posted(folder, "http://127.0.0.1:8091/ack/a.b.c")
    for path in ("/", "/mails.json", f"/mails/{mails(folder)[0].name}"):
        answer = client.get(path, headers={"Host": f"{name}:8092"})
        assert answer.status_code == 400
        assert "ack" not in answer.text
    assert client.get("/", headers={"Host": "localhost:8092"}).status_code == 200


def test_a_mail_that_cannot_be_read_hides_no_other(folder, client):
    posted(folder, "one")
    (folder / f"{'9' * 20}-1-000000.eml").write_bytes(
        b"Subject: x\r\nContent-Type: text/plain; charset=klingon\r\n\r\n\xff\r\n"
    )
    (folder / f"{'9' * 20}-1-000001.eml").write_bytes(b"To: \xff\r\nSubject: =?x?q?=ff?=\r\n\r\n")
    assert mails(folder)[-1].body.strip() == "one"
    page = client.get("/")
    assert page.status_code == 200
    assert "unreadable" in page.text
    assert client.get(f"/mails/{'9' * 20}-1-000000").status_code == 200


def test_the_anonymous_reads_no_mail(folder, client):
    posted(folder, "Leave now. http://127.0.0.1:8091/ack/a.b.c")
    name = mails(folder)[0].name
    for auth in (None, ("officer", "guessed")):
        client.auth = auth
        for path in ("/", "/mails.json", f"/mails/{name}"):
            answer = client.get(path)
            assert answer.status_code == 401
            assert "Leave now" not in answer.text
    assert client.get("/healthz").json() == {"status": "ok"}
