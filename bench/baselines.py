"""What the facade is set against, each as a server of its own: ``python baselines.py fastapi|library --port N``.

``fastapi`` is a bare JSON route in the facade's own server set-up; ``library`` is scim2-server's own in-memory
application in the same set-up.
"""

import argparse
import gc
from typing import Any

import uvicorn
from fastapi import FastAPI
from people import answered
from scim2_server.applications.asgi import ASGIApplication
from scim2_server.memory import AsyncInMemoryStorage
from scim2_server.utils import load_default_provider

from workteam_scim.__main__ import GENERATIONS, serving

BARE, RESOURCE = "/bare", "/resource"


def main() -> None:
    """Serve one of the two until a signal comes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", choices=["fastapi", "library"])
    parser.add_argument("--port", type=int, required=True)
    asked = parser.parse_args()
    app = bare() if asked.which == "fastapi" else library()
    gc.freeze()
    gc.set_threshold(*GENERATIONS)
    uvicorn.Server(serving(app, "127.0.0.1", asked.port)).run()


def bare() -> FastAPI:
    """Make two JSON routes without dependencies or models: a word, and one user."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    user = answered(0)

    @app.get(BARE)
    async def word() -> Any:
        return {"status": "ok"}

    @app.get(RESOURCE)
    async def resource() -> Any:
        return user

    return app


def library() -> FastAPI:
    """Mount the library's in-memory application, with the library's own documents."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    application: Any = ASGIApplication(AsyncInMemoryStorage(), load_default_provider())
    app.mount("/", application)
    return app


if __name__ == "__main__":
    main()
