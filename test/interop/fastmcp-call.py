# One tool call by a fastmcp client that keeps its tokens in a folder: fastmcp-call.py MCP_URL FOLDER SECONDS_LATER.
# Prints the address of a sign-in when it wants one, and at the end what the tool answered.
import asyncio
import sys
import time
from pathlib import Path

url, folder, later = sys.argv[1], sys.argv[2], float(sys.argv[3])
real_time = time.time
time.time = lambda: real_time() + later

import webbrowser

webbrowser.open = lambda address: print("SIGN-IN", address, flush=True)

from fastmcp import Client
from fastmcp.client.auth import OAuth
from key_value.aio.stores.filetree import (
    FileTreeStore,
    FileTreeV1CollectionSanitizationStrategy,
    FileTreeV1KeySanitizationStrategy,
)


async def main() -> None:
    place = Path(folder)
    place.mkdir(exist_ok=True)
    storage = FileTreeStore(
        data_directory=place,
        key_sanitization_strategy=FileTreeV1KeySanitizationStrategy(place),
        collection_sanitization_strategy=FileTreeV1CollectionSanitizationStrategy(place),
    )
    async with Client(url, auth=OAuth(token_storage=storage)) as client:
        result = await client.call_tool("search", {"query": "NAS"})
        print("ANSWER", result.structured_content, flush=True)


asyncio.run(main())
