"""The director's side of the control socket: a thread that talks to people, and the desk that does what they say."""
