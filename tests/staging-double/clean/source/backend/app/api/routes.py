"""HTTP in, views out."""

import logging

from app.domain.session import Session
from app.store.sessions import SessionStore

from .schemas import ErrorView, SessionView

log = logging.getLogger(__name__)


class Router:
    def __init__(self, store: SessionStore, environment: str) -> None:
        self.store = store
        self.environment = environment

    async def get_session(self, session_id: str) -> SessionView | ErrorView:
        session = await self.store.load(session_id)
        if session is None:
            # A print() would be lost in Cloud Run's log; this is found by its name.
            log.info("no session %s", session_id)
            return ErrorView("no such session")
        return SessionView.of(session)

    async def add_turn(self, session_id: str, text: str) -> SessionView:
        session = await self.store.load(session_id) or Session(id=session_id)
        session.add(text)
        await self.store.save(session)
        return SessionView.of(session)
