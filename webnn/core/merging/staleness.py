"""How much less a stale update counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from webnn.core.merging.options import Number, Option, Options


class Form(StrEnum):
    """The staleness functions of Xie 2019 (arXiv 1903.03934)."""

    POLYNOMIAL = "polynomial"
    HINGE = "hinge"
    CONSTANT = "constant"


@dataclass(frozen=True, slots=True)
class Discount:
    """s(tau), 1 for an update that is not stale and never more. Xie 2019, section 5.2.

    - `constant`: 1
    - `polynomial`: (tau + 1)^-a
    - `hinge`: 1 if tau <= b, else 1/(a (tau - b) + 1)
    """

    form: Form
    a: float
    b: float

    def factor(self, staleness: int) -> float:
        """Give s of a staleness in merges."""
        match self.form:
            case Form.CONSTANT:
                return 1.0
            case Form.POLYNOMIAL:
                return float((staleness + 1) ** -self.a)
            case Form.HINGE:
                return 1.0 if staleness <= self.b else 1 / (self.a * (staleness - self.b) + 1)


STANDARD = Discount(Form.POLYNOMIAL, 0.5, 4.0)

PARAMETERS: Mapping[str, Option] = {
    "a": Number(None, 0, 1000, what="how steep; absent: 0.5 for polynomial, 10 for hinge"),
    "b": Number(4.0, 0, 1000, what="hinge: the staleness that still counts in full"),
}


def read_discount(options: Options) -> Discount:
    """Read the options `staleness`, `a` and `b`."""
    form = Form(options.word("staleness"))
    a = options.number_or_none("a")
    if a is None:
        a = 10.0 if form is Form.HINGE else 0.5
    return Discount(form, a, options.number("b"))
