"""FF1, the format-preserving encryption of NIST SP 800-38G (revision 1), over many numbers at once.

Lives here: the cipher itself, on numbers in any radix. How a column's characters become numbers and back is
`privacy.masking.numerals`, what a rule asks for `privacy.masking.ff1`.

A value of n numerals is cut into a left half of ⌊n/2⌋ and a right half of the rest. Each of ten rounds enciphers one
half with AES and adds the result to the other. What the first blocks of the CBC-MAC hold is the same for all values of
one length under one tweak, so it is computed once, and a round is one AES call over the whole column.

A half is a list of limbs, least significant first: 64-bit words that each hold as many numerals as fit 32 bits (nine
decimal digits). Up to eighteen digits a half is one limb, and a round is nine passes over the column. Longer ones take
the multiplication and division known from school, limb by limb, and are as exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

Words = npt.NDArray[np.uint64]
Limbs = list[Words]

ROUNDS = 10
BLOCK = 16
LEAST_DOMAIN = 1_000_000
"""With fewer possible values FF1 is not secure: radix^length must reach this (SP 800-38G r1, section 5.1)."""
CHUNK = 1 << 14
"""Values worked on at once: few enough that a round's arrays stay in the processor's cache."""
_LONG_CHUNK = 1 << 12

_WORD_BITS = np.uint64(32)
_LOW_WORD = np.uint64(0xFFFFFFFF)


def limb_numerals(radix: int) -> int:
    """How many numerals a limb holds: the most whose number fits 32 bits."""
    count = 1
    while radix ** (count + 1) <= 1 << 32:
        count += 1
    return count


@dataclass(frozen=True, slots=True)
class Halves:
    """How a value of `length` numerals is cut: the numerals of the left half and the right half, and of a limb."""

    length: int
    left: int
    right: int
    limb: int

    @classmethod
    def of(cls, radix: int, length: int) -> Halves:
        """The halves of a value: ⌊n/2⌋ and ⌈n/2⌉ numerals (SP 800-38G, algorithm 7, step 1)."""
        return cls(length, length // 2, length - length // 2, limb_numerals(radix))

    def limbs(self, numerals: int) -> list[int]:
        """How many numerals each limb of a half of so many holds, the least significant first; the last may hold
        fewer."""
        full, rest = divmod(numerals, self.limb)
        return [self.limb] * full + ([rest] if rest else [])


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is the same for all values of one length.

    `tail` is what follows the constant blocks: the tweak's end, zeros, a place for the round's number at `place` and
    for the `bytes_` of a half's number. `state` is the CBC-MAC of all that comes before.
    """

    halves: Halves
    bytes_: int
    taken: int  # bytes of the pseudorandom text that count: d in the standard
    state: bytes
    tail: bytes

    @property
    def place(self) -> int:
        return len(self.tail) - self.bytes_ - 1


class Ff1:
    """FF1 under one key, radix and tweak. Holds no cipher context between calls, so threads may share one object."""

    __slots__ = ("_algorithm", "_plans", "_tweak", "radix")

    def __init__(self, key: bytes, radix: int, tweak: bytes = b"") -> None:
        """Take an AES key (16, 24 or 32 bytes), a radix of 2 to 65,536 and a tweak; ValueError for anything else."""
        if not 2 <= radix <= 1 << 16:
            raise ValueError(f"FF1 takes a radix of 2 to 65536, not {radix}")
        self._algorithm = algorithms.AES(key)
        self._tweak = tweak
        self._plans: dict[int, _Plan] = {}
        self.radix = radix

    def accepts(self, length: int) -> bool:
        """Whether there are enough values of so many numerals for the cipher to be secure."""
        return length >= 2 and self.radix**length >= LEAST_DOMAIN

    def halves(self, length: int) -> Halves:
        """How values of so many numerals are cut."""
        return self._plan(length).halves

    def encrypt(self, left: Limbs, right: Limbs, length: int) -> tuple[Limbs, Limbs]:
        """The encrypted halves of values of `length` numerals; the given arrays are used up.

        Each limb must be below radix to the power of its numerals. ValueError for a length that is not accepted.
        """
        return self._work(left, right, length, forward=True)

    def decrypt(self, left: Limbs, right: Limbs, length: int) -> tuple[Limbs, Limbs]:
        """The halves whose encryption is given; as `encrypt` in all else."""
        return self._work(left, right, length, forward=False)

    def _work(self, left: Limbs, right: Limbs, length: int, *, forward: bool) -> tuple[Limbs, Limbs]:
        plan = self._plan(length)
        encryptor = Cipher(self._algorithm, modes.ECB()).encryptor()  # noqa: S305  # the bare block cipher is FF1's part
        if plan.bytes_ <= 4:
            one = _OneLimb(self.radix, plan, encryptor, min(CHUNK, len(left[0])))
            for start in range(0, len(left[0]), CHUNK):
                one.work(left[0][start : start + CHUNK], right[0][start : start + CHUNK], forward=forward)
            return left, right
        many = _ManyLimbs(self.radix, plan, encryptor)
        for start in range(0, len(left[0]), _LONG_CHUNK):
            rows = slice(start, start + _LONG_CHUNK)
            halves = many.work([limb[rows] for limb in left], [limb[rows] for limb in right], forward=forward)
            for limb, made in zip((*left, *right), (*halves[0], *halves[1]), strict=True):
                limb[rows] = made
        return left, right

    def _plan(self, length: int) -> _Plan:
        """Steps 1 to 5 of algorithm 7, and the blocks of the CBC-MAC that no round changes."""
        found = self._plans.get(length)
        if found is not None:
            return found
        if not self.accepts(length):
            raise ValueError(f"FF1 in radix {self.radix} does not take values of {length} numerals")
        halves = Halves.of(self.radix, length)
        bytes_ = ((self.radix**halves.right - 1).bit_length() + 7) // 8
        tweak = self._tweak
        head = b"\x01\x02\x01" + self.radix.to_bytes(3, "big") + bytes((ROUNDS, halves.left % 256))
        head += length.to_bytes(4, "big") + len(tweak).to_bytes(4, "big")
        text = tweak + bytes(-(len(tweak) + bytes_ + 1) % BLOCK + 1 + bytes_)
        constant = (len(text) - bytes_ - 1) // BLOCK * BLOCK
        mac = Cipher(self._algorithm, modes.CBC(bytes(BLOCK))).encryptor()
        state = mac.update(head + text[:constant])[-BLOCK:]
        plan = _Plan(halves, bytes_, 4 * -(-bytes_ // 4) + 4, state, text[constant:])
        self._plans[length] = plan
        return plan


class _OneLimb:
    """The rounds of values whose halves are one limb each: of these a half's number has at most four bytes, the
    CBC-MAC one block that is not constant, and the pseudorandom number 64 bits."""

    def __init__(self, radix: int, plan: _Plan, encryptor: CipherContext, rows: int) -> None:
        self._encryptor = encryptor
        # Even rounds change what was the left half, odd rounds the right one.
        self._moduli = (np.uint64(radix**plan.halves.left), np.uint64(radix**plan.halves.right))
        start = bytes(one ^ other for one, other in zip(plan.state, plan.tail, strict=True))
        # Big-endian, so that a half's number and the round's stand in the block as the standard writes them.
        self._starts = [
            np.uint64(int.from_bytes(start[8:], "big") ^ (index << 8 * (BLOCK - 1 - plan.place)))
            for index in range(ROUNDS)
        ]
        self._blocks = np.empty((rows, 2), dtype=np.uint64)
        self._blocks[:, 0] = np.frombuffer(start[:8], dtype=np.uint64)[0]
        # The cipher asks for one block of room more than it fills.
        self._room = np.empty((rows + 1) * BLOCK, dtype=np.uint8)
        self._spare = np.empty(rows, dtype=np.uint64)
        self._random = np.empty(rows, dtype=np.uint64)

    def work(self, left: Words, right: Words, *, forward: bool) -> None:
        """Run the ten rounds over both halves, in place."""
        count = len(left)
        blocks, spare, random = self._blocks[:count], self._spare[:count], self._random[:count]
        numbers = blocks.view(">u8")[:, 1]
        plain, room = blocks.view(np.uint8).reshape(-1).data, self._room.data
        drawn = self._room[: count * BLOCK].view(">u8")[::2]
        halves = (left, right)
        for index in range(ROUNDS) if forward else reversed(range(ROUNDS)):
            changed, read = halves[index % 2], halves[1 - index % 2]
            modulus = self._moduli[index % 2]
            np.bitwise_xor(read, self._starts[index], out=spare)
            np.copyto(numbers, spare)
            self._encryptor.update_into(plain, room)
            np.copyto(random, drawn)
            # The remainder by way of the quotient: dividing by one number is vectorised, its remainder is not.
            np.floor_divide(random, modulus, out=spare)
            np.multiply(spare, modulus, out=spare)
            np.subtract(random, spare, out=random)
            if forward:
                np.add(changed, random, out=changed)
                np.subtract(changed, modulus, out=spare)
            else:
                np.subtract(changed, random, out=changed)
                np.add(changed, modulus, out=spare)
            # Of the two that differ by the modulus one has wrapped round 2⁶⁴ or is too large: the lesser is meant.
            np.minimum(changed, spare, out=changed)


class _ManyLimbs:
    """The rounds of longer values: the same, with numbers of several limbs."""

    def __init__(self, radix: int, plan: _Plan, encryptor: CipherContext) -> None:
        self._plan = plan
        self._encryptor = encryptor
        self._limb = np.uint64(radix**plan.halves.limb)
        self._moduli = tuple(
            [np.uint64(radix**numerals) for numerals in plan.halves.limbs(half)]
            for half in (plan.halves.left, plan.halves.right)
        )

    def work(self, left: Limbs, right: Limbs, *, forward: bool) -> tuple[Limbs, Limbs]:
        """Run the ten rounds; the halves afterwards."""
        halves = [left, right]
        for index in range(ROUNDS) if forward else reversed(range(ROUNDS)):
            moduli = self._moduli[index % 2]
            random = self._reduced(self._random(halves[1 - index % 2], index), moduli)
            combine = _sum if forward else _difference
            halves[index % 2] = combine(halves[index % 2], random, moduli)
        return halves[0], halves[1]

    def _random(self, half: Limbs, index: int) -> list[Words]:
        """The pseudorandom number of a round as 32-bit words, the most significant first (steps 6 i to iv)."""
        plan, count = self._plan, len(half[0])
        text = np.empty((count, len(plan.tail)), dtype=np.uint8)
        text[:] = np.frombuffer(plan.tail, dtype=np.uint8)
        text[:, plan.place] = index
        words = self._binary(half)
        number = np.stack(words[::-1], axis=1).astype(">u4").view(np.uint8)
        text[:, plan.place + 1 :] = number[:, number.shape[1] - plan.bytes_ :]
        state = np.broadcast_to(np.frombuffer(plan.state, dtype=np.uint64), (count, 2))
        for position in range(0, len(plan.tail), BLOCK):
            block = np.ascontiguousarray(text[:, position : position + BLOCK]).view(np.uint64)
            state = self._enciphered(block ^ state)
        drawn = [state]
        for number_of_block in range(1, -(-plan.taken // BLOCK)):
            again = state.copy()
            again[:, 1] ^= np.uint64(int.from_bytes(number_of_block.to_bytes(8, "big"), "little"))
            drawn.append(self._enciphered(again))
        taken = np.concatenate([block.view(">u4") for block in drawn], axis=1)[:, : plan.taken // 4]
        return [taken[:, column].astype(np.uint64) for column in range(taken.shape[1])]

    def _enciphered(self, blocks: Words) -> Words:
        room = np.empty((len(blocks) + 1) * BLOCK, dtype=np.uint8)
        self._encryptor.update_into(np.ascontiguousarray(blocks).view(np.uint8).reshape(-1).data, room.data)
        return room[: len(blocks) * BLOCK].view(np.uint64).reshape(-1, 2)

    def _binary(self, half: Limbs) -> list[Words]:
        """A half's number as 32-bit words, the least significant first."""
        words = [np.zeros_like(half[0]) for _ in range(-(-self._plan.bytes_ // 4))]
        for limb in reversed(half):
            # All limbs but the first one taken, the top, are full ones.
            carry = limb
            for position, word in enumerate(words):
                total = word * self._limb + carry
                words[position] = total & _LOW_WORD
                carry = total >> _WORD_BITS
        return words

    def _reduced(self, words: list[Words], moduli: list[np.uint64]) -> Limbs:
        """A number of 32-bit words as limbs, without what does not fit them: modulo the radix to the power of the
        half's numerals."""
        limbs = [np.zeros_like(words[0]) for _ in moduli]
        for word in words:
            carry = word
            for position, modulus in enumerate(moduli):
                total = (limbs[position] << _WORD_BITS) | carry
                carry = total // modulus
                limbs[position] = total - carry * modulus
        return limbs


def _sum(one: Limbs, other: Limbs, moduli: list[np.uint64]) -> Limbs:
    carry: Words = np.zeros_like(one[0])
    result = []
    for left, right, modulus in zip(one, other, moduli, strict=True):
        total = left + right + carry
        over = total >= modulus
        carry = over.astype(np.uint64)
        result.append(total - carry * modulus)
    return result


def _difference(one: Limbs, other: Limbs, moduli: list[np.uint64]) -> Limbs:
    borrow: Words = np.zeros_like(one[0])
    result = []
    for left, right, modulus in zip(one, other, moduli, strict=True):
        taken = right + borrow
        under = left < taken
        borrow = under.astype(np.uint64)
        result.append(left + borrow * modulus - taken)
    return result
