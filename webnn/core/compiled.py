"""The loops of `loops`, as numba compiles them on import: plain, and short enough to become vector instructions. Each
unsigned step is cast, since numba would widen it to 64 bits.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc,call-arg,unreachable"

import numpy as np
from llvmlite import binding, ir  # type: ignore[import-not-found,import-untyped,unused-ignore]
from numba import njit, types  # type: ignore[import-not-found,import-untyped,unused-ignore]
from numba.extending import intrinsic  # type: ignore[import-not-found,import-untyped,unused-ignore]

single, double, byte, half, word = types.float32, types.float64, types.int8, types.uint16, types.uint32
F, H, U = np.float32, np.uint16, np.uint32
BLOCK = 256
PART = 4096

SIGN, MAGNITUDE = U(0x8000), U(0x7FFFFFFF)
INFINITE, SMALLEST_NORMAL_HALF = U(0x7F800000), U(0x38800000)
LEAST = U(0x0D800000)  # 2 to the power of -100, as a single
REBASE, LARGEST_HALF = U(0x37FFF001), U(0x7BFF)
LARGEST = F(65504)
ROUNDING = F(12582912)  # added and taken away again, it leaves the nearest whole number, ties to even


def given(kind):
    return types.Array(kind, 1, "C", readonly=True)


def made(kind):
    return types.Array(kind, 1, "C")


def compiled(result, *arguments, **options):
    return njit(result(*arguments), nogil=True, cache=True, error_model="numpy", **options)


@compiled(
    double, given(single), given(single), types.intp, types.intp, made(single), made(single), fastmath={"reassoc"}
)
def distance(a, b, start, stride, sample, moved):  # noqa: PLR0917 (as `Loops` says)
    total = np.float64(0)
    place, taken = start, 0
    for first in range(0, len(a), PART):
        last = min(first + PART, len(a))
        part = F(0)
        for i in range(first, last):
            difference = a[i] - b[i]
            part += difference * difference
        total += np.float64(part)
        while place < last:
            sample[taken] = a[place]
            moved[taken] = a[place] - b[place]
            taken += 1
            place += stride
    return total


@compiled(types.void, made(single), given(single), single)
def move(weights, target, share):
    for i in range(len(weights)):
        weights[i] += share * (target[i] - weights[i])


@compiled(types.void, given(single), given(single), single, made(single))
def step(weights, target, share, moved):
    for i in range(len(moved)):
        moved[i] = weights[i] + share * (target[i] - weights[i])


@compiled(types.UniTuple(word, 2), given(word))
def extent(bits):
    """The least and the largest magnitude, as bits."""
    least, largest = U(0xFFFFFFFF), U(0)
    for i in range(len(bits)):
        magnitude = U(bits[i] & MAGNITUDE)
        largest = max(largest, magnitude)
        least = min(least, magnitude)
    return least, largest


@compiled(types.void, given(word), made(half))
def narrow_normal(bits, halves):
    for i in range(len(bits)):
        magnitude = U(bits[i] & MAGNITUDE)
        odd = U(U(magnitude >> U(13)) & U(1))
        rounded = min(U(U(U(magnitude + odd) - REBASE) >> U(13)), LARGEST_HALF)
        halves[i] = H(U(rounded | U(U(bits[i] >> U(16)) & SIGN)))


@compiled(types.void, given(word), given(single), made(half))
def narrow_small(bits, numbers, halves):
    for i in range(len(bits)):
        steps = U(np.int32(min(abs(numbers[i]), F(1)) * F(16777216) + ROUNDING - ROUNDING))  # of 2 to the power of -24
        small = H(U(steps | U(U(bits[i] >> U(16)) & SIGN)))
        halves[i] = small if U(bits[i] & MAGNITUDE) < SMALLEST_NORMAL_HALF else halves[i]


@compiled(types.boolean, given(word), made(half))
def narrow_integers(bits, halves):
    numbers = bits.view(F)
    for first in range(0, len(bits), PART):
        part = slice(first, min(first + PART, len(bits)))
        least, largest = extent(bits[part])
        if largest >= INFINITE:
            return False
        narrow_normal(bits[part], halves[part])
        if least < SMALLEST_NORMAL_HALF:
            narrow_small(bits[part], numbers[part], halves[part])
    return True


@compiled(half, given(half), made(word))
def widen_bits(halves, bits):
    largest = H(0)
    for i in range(len(halves)):
        both = U(halves[i])
        bits[i] = U(U(U(both & SIGN) << U(16)) | U(U(both & U(0x7FFF)) << U(13)))
        largest = max(largest, H(halves[i] & H(0x7FFF)))
    return largest


@compiled(types.void, made(single))
def rebase(numbers):
    for i in range(len(numbers)):
        numbers[i] *= F(5.192296858534828e33)  # 2 to the power of 112


@compiled(types.boolean, given(half), made(word))
def widen_integers(halves, bits):
    numbers = bits.view(F)
    for first in range(0, len(halves), PART):
        part = slice(first, min(first + PART, len(halves)))
        if widen_bits(halves[part], bits[part]) >= H(0x7C00):
            return False
        rebase(numbers[part])
    return True


@intrinsic
def to_half(context, number):
    def generate(context, builder, signature, arguments):
        return builder.bitcast(builder.fptrunc(arguments[0], ir.HalfType()), ir.IntType(16))

    return half(single), generate


@intrinsic
def from_half(context, bits):
    def generate(context, builder, signature, arguments):
        return builder.fpext(builder.bitcast(arguments[0], ir.HalfType()), ir.FloatType())

    return single(half), generate


narrow, widen = narrow_integers, widen_integers

if binding.get_host_cpu_features().get("f16c"):  # the processor does it by itself, seven times as fast

    @compiled(types.void, given(single), made(half))
    def narrow_part(numbers, halves):
        for i in range(len(numbers)):
            halves[i] = to_half(min(max(numbers[i], -LARGEST), LARGEST))

    @compiled(half, given(half), made(single))
    def widen_part(halves, numbers):
        largest = H(0)
        for i in range(len(halves)):
            numbers[i] = from_half(halves[i])
            largest = max(largest, H(halves[i] & H(0x7FFF)))
        return largest

    @compiled(types.boolean, given(word), made(half))
    def narrow(bits, halves):
        numbers = bits.view(F)
        for first in range(0, len(bits), PART):
            part = slice(first, min(first + PART, len(bits)))
            if extent(bits[part])[1] >= INFINITE:
                return False
            narrow_part(numbers[part], halves[part])
        return True

    @compiled(types.boolean, given(half), made(word))
    def widen(halves, bits):
        numbers = bits.view(F)
        for first in range(0, len(halves), PART):
            part = slice(first, min(first + PART, len(halves)))
            if widen_part(halves[part], numbers[part]) >= H(0x7C00):
                return False
        return True


@compiled(types.void, given(single), single, made(byte))
def round_block(numbers, divisor, codes):
    for i in range(len(numbers)):
        codes[i] = np.int8(np.int32((numbers[i] / divisor + ROUNDING) - ROUNDING))


@compiled(types.boolean, given(single), made(single), made(byte))
def quantise(numbers, scales, codes):
    bits = numbers.view(U)
    cell = np.empty(1, U)
    for block in range(len(scales)):
        part = slice(block * BLOCK, min(block * BLOCK + BLOCK, len(numbers)))
        cell[0] = extent(bits[part])[1]
        if cell[0] >= INFINITE:
            return False
        scale = cell.view(F)[0] / F(127) if cell[0] >= LEAST else F(0)
        scales[block] = scale
        round_block(numbers[part], scale if scale > 0 else F(np.inf), codes[part])
    return True


@compiled(types.void, given(byte), single, given(single), made(single))
def scale_block(codes, scale, base, numbers):
    for i in range(len(codes)):
        numbers[i] = F(codes[i]) * scale + base[i]


@compiled(types.void, given(byte), given(single), given(single), made(single))
def dequantise(codes, scales, base, numbers):
    for block in range(len(scales)):
        part = slice(block * BLOCK, min(block * BLOCK + BLOCK, len(codes)))
        scale_block(codes[part], scales[block], base[part], numbers[part])
