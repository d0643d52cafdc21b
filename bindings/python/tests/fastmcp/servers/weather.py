"""Forecasts: async tools that log and report progress, a template of resources, a prompt."""

import asyncio

from isogloss import Context, Server

mcp = Server(name="Weather")

TEMPERATURES = {"Oslo": -3, "Rome": 14}


@mcp.tool
async def forecast(city: str, days: int, ctx: Context) -> list[str]:
    """Forecast for some days."""
    await ctx.info(f"Forecast for {city}")
    lines = []
    for day in range(1, days + 1):
        await ctx.report_progress(progress=day, total=days)
        await asyncio.sleep(0)
        lines.append(f"day {day}: {TEMPERATURES[city] + day} degrees")
    return lines


@mcp.resource("weather://{city}/current")
def current(city: str) -> dict[str, object]:
    """What it is like now."""
    return {"city": city, "degrees": TEMPERATURES[city]}


@mcp.prompt
def packing_list(city: str, nights: int = 2) -> str:
    """What to pack for a journey."""
    return f"I am going to {city} for {nights} nights. What should I pack?"


if __name__ == "__main__":
    mcp.run()
