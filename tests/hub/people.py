"""Who may do what on a Hub of our own: tokens, their users, and the organisations of these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.hub.messages import Answer, Request, as_json, refused

TOKEN = "hf_someone"
"""Token of the user `someone`, who may write in `someone/` and in `lab/`, and read in `guild/`."""
_WRITERS = frozenset({"admin", "write", "contributor"})


@dataclass(frozen=True, kw_only=True)
class User:
    """Somebody with a token."""

    name: str
    """Namespace of their own."""
    orgs: Mapping[str, str] = field(default_factory=dict)
    """Organisations and the user's role in each: admin, write, contributor or read."""
    role: str = "write"
    """What the token is for: write or read."""


class People:
    """The users, by token."""

    def __init__(self) -> None:
        self.users = {TOKEN: User(name="someone", orgs={"lab": "admin", "guild": "read"})}

    def user(self, token: str) -> User | None:
        """Return whose token it is."""
        return self.users.get(token)

    def name(self, token: str) -> str:
        """Return the name of whoever has a token, or nothing."""
        user = self.user(token)
        return user.name if user else ""

    def reads(self, token: str, namespace: str) -> bool:
        """Return whether somebody sees what is private in a namespace."""
        user = self.user(token)
        return user is not None and (namespace == user.name or namespace in user.orgs)

    def writes(self, token: str, namespace: str) -> bool:
        """Return whether somebody may change what is in a namespace."""
        user = self.user(token)
        if user is None or user.role != "write":
            return False
        return namespace == user.name or user.orgs.get(namespace) in _WRITERS

    def refusal(self, token: str) -> Answer | None:
        """Return what a nobody is told who wants to write."""
        if not token:
            return refused(401, "", "Invalid username or password.")
        if self.user(token) is None:
            return refused(401, "", "Invalid credentials in Authorization header")
        return None

    def whoami(self, request: Request) -> Answer:
        """Return who asks."""
        refusal = self.refusal(request.token)
        user = self.user(request.token)
        if refusal or user is None:
            return refusal or refused(401, "", "Invalid username or password.")
        return as_json(
            {
                "type": "user",
                "id": _id(user.name),
                "name": user.name,
                "fullname": user.name.title(),
                "email": f"{user.name}@example.org",
                "emailVerified": True,
                "canPay": False,
                "isPro": False,
                "avatarUrl": "/avatars/none.svg",
                "orgs": [_org(name, role) for name, role in user.orgs.items()],
                "auth": {
                    "type": "access_token",
                    "accessToken": {
                        "displayName": "tests",
                        "role": user.role,
                        "createdAt": "2024-01-01T00:00:00.000Z",
                    },
                },
            }
        )


def _org(name: str, role: str) -> dict[str, Any]:
    return {
        "type": "org",
        "id": _id(name),
        "name": name,
        "fullname": name.title(),
        "canPay": False,
        "avatarUrl": "/avatars/none.svg",
        "roleInOrg": role,
    }


def _id(name: str) -> str:
    return name.encode().hex().ljust(24, "0")[:24]
