"""Authorization servers: which addresses may be asked, where their metadata is, and within which bounds they answer.

Server auth and the OAuth client have it in common; what an answer means is theirs.
"""


class Failure(Exception):
    """An authorization server that gives no answer that can be used.

    It is for whoever runs the program: it says which address, never what was sent to it.
    """
