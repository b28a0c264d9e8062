"""What leaves the backend, field by field."""

from dataclasses import dataclass

from app.domain.session import Session


@dataclass(frozen=True)
class SessionView:
    id: str
    turns: int

    @classmethod
    def of(cls, session: Session) -> "SessionView":
        return cls(id=session.id, turns=len(session.turns))


class ErrorView:
    class Config:
        frozen = True

    def __init__(self, message: str) -> None:
        self.message = message
