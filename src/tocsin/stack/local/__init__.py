"""The local backend: real programs as processes of this machine, on free loopback ports."""
