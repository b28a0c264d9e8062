# Keeps notes: PORT, and what is wrong: `none`, `stale` (it describes a path that it does not serve), `echoes` (it says a title again as it came).
import sys

import uvicorn
from fastapi import FastAPI, HTTPException
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel

app = FastAPI(title="notes", version="1.0.0")
notes = {}
wrong = sys.argv[2]


class Note(BaseModel):
    title: str
    count: int


@app.exception_handler(RequestValidationError)
async def refuse(request, error):
    return JSONResponse({"error": "this is no note"}, 422)


@app.get("/api/status")
async def status():
    return {"status": "ok"}


@app.post("/api/notes", status_code=201)
async def write(note: Note):
    number = max(notes, default=0) + 1
    notes[number] = note
    return {"id": number, "title": note.title} if wrong == "echoes" else {"id": number}


@app.get("/api/notes/{number}")
async def read(number: int):
    if number not in notes:
        raise HTTPException(404)
    return {"id": number}


@app.delete("/api/notes/{number}")
async def remove(number: int):
    notes.pop(number, None)
    return {"id": number}


if wrong == "stale":
    archive = {"operationId": "archive", "responses": {"200": {"description": "old notes"}}}
    app.openapi()["paths"]["/api/archive"] = {"get": archive}

uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
