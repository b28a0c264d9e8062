"""What the environment says; nobody else reads it."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    environment: str
    database_url: str
    pool_size: int = 10

    @classmethod
    def from_environment(cls) -> "Settings":
        return cls(
            environment=os.environ.get("ENVIRONMENT", "staging"),
            database_url=os.environ["DATABASE_URL"],
            pool_size=int(os.environ.get("POOL_SIZE", "10")),
        )
