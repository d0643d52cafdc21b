"""The fixture of the official conformance suite: what its scenarios call by name, written as a user of the SDK would.

What each is for: the suite's scenario of about the same name.
"""

from isogloss import Server

from . import content, prompts, questions, resources, rounds, stateless, streaming, tasks

mcp = Server("isogloss-python-conformance", "0.1.0")

# The suite also calls the first tool that is listed without arguments: one of these can be.
for part in (content, streaming, questions, rounds, stateless, resources, prompts, tasks):
    part.offer(mcp)
