"""The fixtures that users have for their tests, for ours."""

pytest_plugins = ["isogloss.testing"]
