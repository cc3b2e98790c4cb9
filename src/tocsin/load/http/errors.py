"""What can go wrong with an answer; refused and reset connections and time-outs stay the operating system's errors."""


class BadAnswer(ConnectionError):  # noqa: N818 - named for what happened
    """The server's bytes are no whole HTTP/1.1 answer, or more of one than is wanted."""


class NoAnswer(BadAnswer):
    """The server closed the connection before the first byte of an answer."""
