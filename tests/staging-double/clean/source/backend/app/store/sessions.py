"""Sessions as rows."""

from app.domain.session import Session

from .postgres import Pool


class SessionStore:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def load(self, session_id: str) -> Session | None:
        row = await self.pool.fetch(session_id)
        if row is None:
            return None
        session = Session(id=session_id)
        for text in row:
            session.add(text)
        return session

    async def save(self, session: Session) -> None:
        await self.pool.store(session.id, [turn.text for turn in session.turns])
