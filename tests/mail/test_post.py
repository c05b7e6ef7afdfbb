"""The way to a mail server: real conversations with one."""

from typing import Any

import pytest

from horarium.mail import MailNotSent, Post, post
from horarium.mail.letter import letter

LETTER = letter("t", 1, [], sender="h@example.org", readers=["a@x.org", "b@x.org"])


def test_a_letter_arrives(mail_server: Any, letters: Any) -> None:
    Post(f"smtp://{mail_server()}").send(LETTER)
    (taken,) = letters.taken
    assert taken["Subject"] == "[horarium] t: 1 job failed"
    assert letters.envelopes[0].rcpt_tos == ["a@x.org", "b@x.org"]


def test_with_name_and_password(mail_server: Any, letters: Any) -> None:
    place = mail_server(authenticator=letters.login, auth_required=True, auth_require_tls=False)
    Post(f"smtp://me%40example.org:s3cret%2Fword@{place}").send(LETTER)
    assert letters.logins[0].login == b"me@example.org"
    assert len(letters.taken) == 1


def test_a_wrong_password_is_not_repeated(mail_server: Any, letters: Any) -> None:
    place = mail_server(authenticator=letters.login, auth_required=True, auth_require_tls=False)
    with pytest.raises(MailNotSent, match="did not take a mail") as refusal:
        Post(f"smtp://me:wr0ng%2Fword@{place}").send(LETTER)
    assert "wr0ng" not in str(refusal.value)
    assert "***" in str(refusal.value)


def test_a_password_is_not_sent_in_the_clear(
    mail_server: Any, letters: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post, "_LOOPBACK", frozenset())
    place = mail_server(authenticator=letters.login, auth_require_tls=False)
    with pytest.raises(MailNotSent, match="not sent in the clear"):
        Post(f"smtp://me:s3cret@{place}").send(LETTER)
    assert letters.logins == []


def test_a_server_that_refuses_and_one_that_is_not_there(mail_server: Any, letters: Any) -> None:
    letters.refuses = True
    place = mail_server()
    with pytest.raises(MailNotSent, match="come back later"):
        Post(f"smtp://{place}").send(LETTER)
    with pytest.raises(MailNotSent, match=r"Is SMTP_URL right\?"):
        Post("smtp://127.0.0.1:1").send(LETTER)


def test_a_server_without_tls_is_no_smtps(mail_server: Any) -> None:
    with pytest.raises(MailNotSent):
        Post(f"smtps://{mail_server()}").send(LETTER)
