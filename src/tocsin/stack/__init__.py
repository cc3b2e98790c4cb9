"""Backends that run a stack, behind the Protocol :class:`tocsin.model.stack.Stack`."""
