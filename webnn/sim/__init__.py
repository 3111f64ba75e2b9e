"""Discrete-event simulation: virtual volunteers, in virtual time, round a real run with real gradients."""
