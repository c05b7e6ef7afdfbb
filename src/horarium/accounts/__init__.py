"""Accounts of the API, their roles and tokens.

Functions take a connection first, and nobody here commits; `TokenChecks` is what the web asks.
"""

from horarium.accounts.accounts import (
    Account,
    add_account,
    change_account,
    list_accounts,
)
from horarium.accounts.policy import Policy, is_loopback, policy_of, warning
from horarium.accounts.role import Role
from horarium.accounts.tokens import (
    REMEMBERED,
    IssuedToken,
    Token,
    TokenChecks,
    Visitor,
    issue_token,
    list_tokens,
    revoke_tokens,
)

__all__ = [
    "REMEMBERED",
    "Account",
    "IssuedToken",
    "Policy",
    "Role",
    "Token",
    "TokenChecks",
    "Visitor",
    "add_account",
    "change_account",
    "is_loopback",
    "issue_token",
    "list_accounts",
    "list_tokens",
    "policy_of",
    "revoke_tokens",
    "warning",
]
