"""Puts the parts together. Run it with `uvicorn app.main:app`, never with `os.system()`."""

from app.api.routes import Router
from app.settings import Settings
from app.store.postgres import Pool
from app.store.sessions import SessionStore


def create_app(settings: Settings) -> Router:
    pool = Pool(settings.database_url, size=settings.pool_size)
    return Router(SessionStore(pool), environment=settings.environment)


app = create_app(Settings.from_environment())
