"""A small pool of connections."""


class Pool:
    def __init__(self, url: str, size: int) -> None:
        self.url = url
        self.size = size
        self.rows: dict[str, list[str]] = {}

    async def fetch(self, key: str) -> list[str] | None:
        return self.rows.get(key)

    async def store(self, key: str, row: list[str]) -> None:
        self.rows[key] = row
