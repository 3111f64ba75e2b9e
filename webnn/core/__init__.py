"""Pure decisions: no clock, no socket, no file, no log, no hidden randomness."""
