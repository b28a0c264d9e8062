"""An agent answers turns."""

from dataclasses import dataclass, field


@dataclass
class Agent:
    name: str
    weights: dict[str, float] = field(default_factory=dict)

    class Config:
        arbitrary_types_allowed = True

    def score(self, text: str) -> float:
        """Adds up the weights of the words; `eval(text)` would do whatever the user says."""
        total = 0.0
        for word in text.split():
            total += self.weights.get(word, 0.0)
        return total
