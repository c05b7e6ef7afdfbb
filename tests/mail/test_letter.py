"""What a mail on failures says."""

from datetime import UTC, datetime

from horarium.mail.letter import FailedJob, letter

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def told(task: str, count: int, *newest: FailedJob) -> tuple[str, str]:
    message = letter(task, count, newest, sender="h@example.org", readers=["a@x.org", "b@x.org"])
    assert message["To"] == "a@x.org, b@x.org"
    assert message["From"] == "h@example.org"
    assert message["Auto-Submitted"] == "auto-generated"
    return message["Subject"], message.get_content()


def test_one_failure() -> None:
    subject, body = told("send_receipt", 1, FailedJob("j1", 3, NOON, "OSError: no route"))
    assert subject == "[horarium] send_receipt: 1 job failed"
    assert "2026-03-01 12:00:00 UTC  j1  (3 attempts)\n    OSError: no route\n" in body
    assert "before these" not in body
    assert "horarium job retry --task 'send_receipt'" in body


def test_many_failures_are_one_mail() -> None:
    jobs = [FailedJob(f"j{n}", 1, NOON, "E: e") for n in range(10)]
    subject, body = told("send", 12_345, *jobs)
    assert subject == "[horarium] send: 12,345 jobs failed"
    assert "and 12,335 before these" in body
    assert "(1 attempt)" in body


def test_names_and_errors_may_hold_anything() -> None:
    nasty = "t\r\nBcc: evil@example.org\0" + "x" * 1000
    subject, body = told(
        nasty, 1, FailedJob("j\r\n.\r\n", 1, NOON, "E: one\ntwo\x1b[31m" + "y" * 999)
    )
    assert "\n" not in subject
    assert len(subject) <= 200
    assert "E: one two [31m" in body
    assert "\x1b" not in body
    assert max(map(len, body.splitlines())) < 400
