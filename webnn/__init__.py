"""WebNN: train one neural network in many volunteers' browsers."""

__version__ = "0.1.0"
