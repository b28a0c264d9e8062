"""A conversation of one user."""

from dataclasses import dataclass, field

from app.domain.agent import Agent

LONGEST_TURN = 4_000


@dataclass
class Turn:
    text: str
    score: float


@dataclass
class Session:
    id: str
    agent: Agent = field(default_factory=lambda: Agent("default"))
    turns: list[Turn] = field(default_factory=list)

    def add(self, text: str) -> Turn:
        if len(text) > LONGEST_TURN:
            raise ValueError(f"a turn has at most {LONGEST_TURN} characters")
        turn = Turn(text, self.agent.score(text))
        self.turns.append(turn)
        return turn
