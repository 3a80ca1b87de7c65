"""The Hugging Face Hub: what is there, what comes from it and what goes to it."""

from adapterstilts.core.hub.cached import Listing, RemoteFile, Repository
from adapterstilts.core.hub.client import Hub, NotHere, Pins, here, knocked, patient
from adapterstilts.core.hub.errors import NoRoom, NotOnHub, Unreachable

__all__ = [
    "Hub",
    "Listing",
    "NoRoom",
    "NotHere",
    "NotOnHub",
    "Pins",
    "RemoteFile",
    "Repository",
    "Unreachable",
    "here",
    "knocked",
    "patient",
]
