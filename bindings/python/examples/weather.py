"""Weather is a server over standard input and output: python examples/weather.py."""

from typing import Annotated

from isogloss import Meta, Server

mcp = Server("weather", "1.0.0")


@mcp.tool
def get_forecast(city: Annotated[str, Meta(description="City to look up.")]) -> str:
    """Forecast for a city."""
    return f"Sunny in {city}."


if __name__ == "__main__":
    mcp.run()
