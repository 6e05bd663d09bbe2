#!/usr/bin/env python3
"""decode.py - log lines from the records of a firmware that logs in dictionary mode (pk_log_drain_raw of perfkit_log.h).

    python3 examples/dictionary/decode.py firmware.elf [name] < bytes          e.g. from a serial port: < /dev/ttyACM0

The bytes are frames: 0xD5, a record, two bytes of checksum. Formats, names and places are read in the ELF file that the target
runs: 32-bit ARM, 32-bit RISC-V or AVR, little-endian. What is between frames is passed over; a frame whose checksum is wrong is
told as "damaged". The lines are those that the target's own formatter would have made, but not cut at PERFKIT_LOG_LINE; the name of
a logger (desc.name) is not in a record: give it, where one logger sends them.
"""
import datetime
import struct
import sys

LEVELS = ["", "ERROR", "WARN ", "INFO ", "DEBUG", "TRACE"]
WITH_PLACE, WITH_FIELDS, WITH_COPY = 8, 16, 32
TIMED, DATED = 2, 3


class Damaged(Exception):
    pass


class Elf:
    """What the target finds at its addresses, and how wide its types are."""

    def __init__(self, data):
        if data[:4] != b"\x7fELF" or data[4] != 1 or data[5] != 1:
            raise SystemExit("not a 32-bit little-endian ELF file")
        machine = struct.unpack_from("<H", data, 18)[0]
        if machine not in (40, 243, 83):
            raise SystemExit("not for ARM, RISC-V or AVR")
        self.pointer = self.int = 2 if machine == 83 else 4
        self.double = 4 if machine == 83 else 8
        offset, = struct.unpack_from("<I", data, 32)
        size, count = struct.unpack_from("<HH", data, 46)
        self.parts = []  # of flash: sections with bytes, by address
        for i in range(count):
            _, kind, flags, address, at, length = struct.unpack_from("<6I", data, offset + i * size)
            if kind == 1 and flags & 2:
                self.parts.append((address, data[at:at + length]))

    def bytes(self, address, size):
        for start, part in self.parts:
            if start <= address and address + size <= start + len(part):
                return part[address - start:address - start + size]
        raise Damaged("no such address")

    def number(self, address, size):
        return int.from_bytes(self.bytes(address, size), "little")

    def string(self, address):
        for start, part in self.parts:
            if start <= address < start + len(part):
                end = part.find(b"\0", address - start)
                if end >= 0:
                    return part[address - start:end]
        raise Damaged("no such string")


class Record:
    """The slots of a record, read one value after the other."""

    def __init__(self, elf, data):
        self.elf, self.data, self.at = elf, data, 0

    def take(self, size):
        slots = -(-size // self.elf.pointer) * self.elf.pointer
        if self.at + slots > len(self.data):
            raise Damaged("a record is too short")
        value = self.data[self.at:self.at + size]
        self.at += slots
        return value

    def unsigned(self, size):
        return int.from_bytes(self.take(size), "little")

    def signed(self, size):
        return int.from_bytes(self.take(size), "little", signed=True)

    def string(self):
        end = self.data.find(b"\0", self.at)
        if end < 0:
            raise Damaged("a string has no end")
        return self.take(end - self.at + 1)[:-1]


def escape(text):
    known = {10: b"\\n", 13: b"\\r", 9: b"\\t"}
    return b"".join(known.get(c, b"\\x%02X" % c) if c < 32 or c == 127 else bytes([c]) for c in text)


def field(flags, width, lead, zeros, body, zero_pads):
    """[spaces] lead zeros body [spaces]"""
    spaces = width - len(lead) - zeros - len(body)
    if b"-" in flags:
        return lead + b"0" * zeros + body + b" " * max(spaces, 0)
    if zero_pads and spaces > 0:
        zeros, spaces = zeros + spaces, 0
    return b" " * max(spaces, 0) + lead + b"0" * zeros + body


def integer(flags, width, precision, kind, value):
    lead = b""
    if kind in "di":
        lead = b"-" if value < 0 else b"+" if b"+" in flags else b" " if b" " in flags else b""
        value = abs(value)
    base = {"o": "o", "x": "x", "X": "X", "p": "x"}.get(kind, "d")
    body = format(value, base).encode() if value else b""
    if kind == "p" or (kind in "xX" and b"#" in flags and value):
        lead = b"0X" if kind == "X" else b"0x"
    zeros = (1 if precision < 0 else precision) - len(body)
    if zeros <= 0:
        zeros = 1 if kind == "o" and b"#" in flags else 0
    return field(flags, width, lead, zeros, body, b"0" in flags and precision < 0)


def message(elf, record, text):
    out, i = b"", 0
    while i < len(text):
        c = text[i:i + 1]
        i += 1
        if c != b"%":
            out += c
            continue
        start, flags, width, precision = i, b"", 0, -1
        while text[i:i + 1] in (b"-", b"+", b" ", b"#", b"0") and i < len(text):
            flags += text[i:i + 1]
            i += 1

        def number():
            nonlocal i
            if text[i:i + 1] == b"*":
                i += 1
                return max(-9999, min(9999, record.signed(elf.int)))
            begin = i
            while text[i:i + 1].isdigit():
                i += 1
            return int(text[begin:i] or b"0")

        width = number()
        if width < 0:
            flags, width = flags + b"-", -width
        if text[i:i + 1] == b".":
            i += 1
            precision = number()
        size = elf.int
        for modifier, bytes_of in ((b"hh", 1), (b"ll", 8), (b"h", 2), (b"l", 4), (b"j", 8), (b"z", elf.pointer), (b"t", elf.pointer)):
            if text.startswith(modifier, i):
                i, size = i + len(modifier), bytes_of
                break
        kind = text[i:i + 1].decode("latin-1")
        i += 1
        if record.at == len(record.data) and (kind in tuple("fFeEgG") or (size == 8 and kind in tuple("diuxXo"))):
            return out + text[start - 1:]  # the target's formatter does not know it, so it kept nothing
        if kind == "%":
            out += b"%"
        elif kind == "c":
            out += field(flags, width, b"", 0, escape(bytes([record.signed(elf.int) & 255])), False)
        elif kind == "S" or (kind == "s" and size > elf.int and elf.pointer == 2):
            string = elf.string(record.unsigned(elf.pointer))
            out += field(flags, width, b"", 0, escape(string[:precision] if precision >= 0 else string), False)
        elif kind == "s":
            string = record.string()
            string = string[:precision] if precision >= 0 else string
            pad = width - len(string)
            string = escape(string)
            out += field(flags, len(string) + max(pad, 0), b"", 0, string, False)
        elif kind == "p":
            out += integer(flags, width, precision, "p", record.unsigned(elf.pointer))
        elif kind and kind in "diuxXo":
            passed = max(size, elf.int)
            value = int.from_bytes(record.take(passed)[:size], "little", signed=kind in "di")
            out += integer(flags, width, precision, kind, value)
        elif kind and kind in "fFeEgG":
            value, = struct.unpack("<f" if elf.double == 4 else "<d", record.take(elf.double))
            shown = "%" + flags.decode() + (str(width) if width else "") + ("." + str(precision) if precision >= 0 else "") + kind
            out += (shown % value).encode()
        else:  # as the target does: all of it as it stands
            return out + text[start - 1:]
    return out


def quoted(text):
    if text and not any(c <= 32 or c == 127 or c in b'"=\\' for c in text):
        return text
    return b'"' + escape(text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')) + b'"'


def fields(elf, record):
    out = b""
    while record.at < len(record.data):
        key, kind = elf.string(record.unsigned(elf.pointer)), chr(record.signed(elf.int) & 127)
        if kind == "S":
            value = quoted(record.string())
        else:
            raw = record.take(8)
            unsigned = int.from_bytes(raw, "little")
            if kind == "\0":
                value = b"null"
            elif kind == "I":
                value = b"%d" % int.from_bytes(raw, "little", signed=True)
            elif kind == "U":
                value = b"%d" % unsigned
            elif kind == "B":
                value = b"true" if unsigned else b"false"
            elif kind == "D":
                value = ("%.15g" % struct.unpack("<f" if elf.double == 4 else "<d", raw[:elf.double])).encode()
            elif kind == "P":
                value = b"0x%x" % int.from_bytes(raw[:elf.pointer], "little") if any(raw[:elf.pointer]) else b"0x0"
            elif kind == "X":
                value = b"0x%x" % unsigned
            else:
                raise Damaged("no such type")
        out += b" " + key + b"=" + value
    return out


def place(elf, address, logger):
    name, file = elf.number(address, elf.pointer), elf.number(address + elf.pointer, elf.pointer)
    out = elf.string(name) + b" " if name else logger
    if file:
        base = elf.string(file).replace(b"\\", b"/").split(b"/")[-1]
        out += base + b":%d " % elf.number(address + 2 * elf.pointer, 4)
    return out


def line(elf, data, told, name):
    """The lines of a record without its checksum, and how many were dropped up to it."""
    state = data[0]
    if state < 1 or state > DATED:
        raise Damaged("no such state")
    lost = int.from_bytes(data[2:4], "little")
    record = Record(elf, data[4:])
    site = record.unsigned(elf.pointer)
    time = b""
    if state == TIMED:
        time = b"%d " % record.unsigned(4)
    elif state == DATED:
        seconds, ms = record.unsigned(4), record.unsigned(2)
        when = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
        time = when.strftime("%Y-%m-%dT%H:%M:%S").encode() + b".%03dZ " % (ms % 1000)
    where = name
    if site:
        text = elf.string(elf.number(site, elf.pointer))
        mark, text = text[0] if text else 0, text[1:]
        if mark & WITH_PLACE:
            where = place(elf, site + 2 * elf.pointer, name)
        mark &= 7
    else:
        mark, at = record.unsigned(elf.int), record.unsigned(elf.pointer)
        if at:
            where = place(elf, at, name)
        text = record.string() if mark & WITH_COPY else elf.string(record.unsigned(elf.pointer))
    if not 1 <= mark & 7 <= 5:
        raise Damaged("no such level")
    body = text + fields(elf, record) if mark & WITH_FIELDS else message(elf, record, text)
    out = b""
    if lost != told:
        out = time + b"WARN  " + name + b"%d dropped\n" % ((lost - told) & 0xFFFF)
    return out + time + LEVELS[mark & 7].encode() + b" " + where + body + b"\n", lost


def frames(elf, stream):
    """Records as they come, and None for one that is damaged."""
    slot, data = elf.pointer, b""
    while True:
        more = stream.read1(65536) if hasattr(stream, "read1") else stream.read(65536)
        data += more
        while True:
            start = data.find(b"\xd5")
            if start < 0 or len(data) - start < 3:
                data = data[start:] if start >= 0 else b""
                break
            size = data[start + 2] * slot
            if len(data) - start < 1 + size + 2 and more:
                data = data[start:]
                break
            record, sums = data[start + 1:start + 1 + size], data[start + 1 + size:start + 3 + size]
            a = b = 0
            for byte in record:
                a = (a + byte) & 255
                b = (b + a) & 255
            if size >= 8 - 2 * (slot == 2) and len(record) == size and sums == bytes([a, b]):
                yield record
                data = data[start + 3 + size:]
            else:
                yield None
                data = data[start + 1:]
        if not more:
            return


def main(arguments):
    if len(arguments) not in (2, 3):
        raise SystemExit(__doc__)
    name = arguments[2].encode() + b" " if len(arguments) == 3 else b""
    with open(arguments[1], "rb") as file:
        elf = Elf(file.read())
    told, damaged, out = 0, False, sys.stdout.buffer
    for record in frames(elf, sys.stdin.buffer):
        text = None
        if record is not None:
            try:
                text, told = line(elf, record, told, name)
            except (Damaged, struct.error, ValueError, OverflowError):
                pass
        if text is not None:
            out.write(text)
        elif not damaged:
            out.write(b"damaged\n")
        damaged = text is None
        out.flush()


if __name__ == "__main__":
    main(sys.argv)
