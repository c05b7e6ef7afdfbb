"""A mail server for the tests of this folder."""

from mail_server import letters, mail_server

__all__ = ["letters", "mail_server"]
