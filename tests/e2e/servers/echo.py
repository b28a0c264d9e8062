# Says what it hears: PORT, and the most bytes of a message.
import asyncio
import sys

import websockets


async def echo(socket):
    async for message in socket:
        await socket.send(message)


async def main():
    async with websockets.serve(echo, "127.0.0.1", int(sys.argv[1]), max_size=int(sys.argv[2])):
        await asyncio.Future()


asyncio.run(main())
