"""A library over HTTP: the commands of the command line with the same JSON, and the page that people search with."""

from soundalike.server.run import serve
from soundalike.server.settings import ServerSettings

__all__ = ["ServerSettings", "serve"]
