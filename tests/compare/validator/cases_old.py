"""Cases of message sets, v0 and v1."""
import struct

import formats
from cases import FEW_TOPICS, GZIP, LZ4, NAMES, OLD_VERSIONS, SNAPPY, TOPICS, ZSTD, Case
from formats import message

NOW = 1700000000000
DIALECT_V0 = 1


def entries(magic, count=3, first=0, **change):
    return [message(magic, offset=first + i, timestamp=NOW + i, key=b"key%d" % i, value=b"value" * (i + 1), **change)
            for i in range(count)]


def wrapper(magic, codec, packed, offset=2, attributes=0, **change):
    return message(magic, attributes=codec | attributes, offset=offset, timestamp=NOW + 2, key=None, value=packed,
                   **change)


def plain_cases():
    for magic in (0, 1):
        good = entries(magic)
        sets = {
            "one": good[:1], "three": good, "offsets all 0": [message(magic) for _ in range(3)],
            "offsets descend": good[::-1], "checksum": [good[0], message(magic, crc_change=1), good[2]],
            "null key": [good[0], message(magic, key=None), message(magic, key=None)],
            "null value": [message(magic, value=None)], "empty": [message(magic, key=b"", value=b"")],
            "time -1": [message(magic, timestamp=-1)], "time -2": [message(magic, timestamp=-2)],
            "time descends": [message(magic, timestamp=NOW), message(magic, timestamp=NOW - 5)],
            "append time bit": [message(magic, attributes=8)], "bits": [message(magic, attributes=0x70)],
            "high bit": [message(magic, attributes=0x80)],
            "size + 1": [good[0], message(magic, size_change=1)], "size - 1": [good[0], message(magic, size_change=-1)],
            "size small": [good[0], struct.pack(">qi", 0, 13) + b"\0" * 30],
            "tail cut": [good[0], good[1][:-2]], "5 bytes more": [good[0], b"12345"],
            "key longer": [message(magic, raw_tail=struct.pack(">i", 100) + b"k" + struct.pack(">i", -1))],
            "key -2": [message(magic, raw_tail=struct.pack(">ii", -2, -1))],
            "value longer": [message(magic, raw_tail=struct.pack(">ii", -1, 5) + b"v")],
            "value shorter": [message(magic, raw_tail=struct.pack(">ii", -1, 1) + b"value")],
            "no value": [message(magic, raw_tail=struct.pack(">i", -1))],
            "offset negative": [message(magic, offset=-5)], "magic 3": [message(3)],
            "magics mixed": [message(magic), message(1 - magic)],
        }
        for name, parts in sets.items():
            yield Case("v%d set, %s" % (magic, name), b"".join(parts), versions=OLD_VERSIONS,
                       topics=FEW_TOPICS)
        yield Case("v%d set, everywhere" % magic, b"".join(good), versions=(1, 2), topics=tuple(TOPICS))
        yield Case("v%d set, new version" % magic, b"".join(good), versions=(3, 9), topics=("plain",))
        for size in (999, 1000, 1001, 940):
            value = b"v" * (size - len(message(magic, value=b"")))
            yield Case("v%d set of %d" % (magic, size), message(magic, value=value), versions=(2,),
                       topics=("small", "smalluncompressed", "smallsegment", "gzip"))


def wrapped_cases(pack):
    for magic in (0, 1):
        good = entries(magic)
        for codec in (GZIP, SNAPPY, LZ4, ZSTD):
            def packed(parts, codec=codec, magic=magic):
                return pack(codec, b"".join(parts), DIALECT_V0 if magic == 0 and codec == LZ4 else 0)
            sets = {
                "good": wrapper(magic, codec, packed(good)),
                "twice": wrapper(magic, codec, packed(good)) * 2,
                "then plain": wrapper(magic, codec, packed(good)) + good[0],
                "plain, then it": good[0] + wrapper(magic, codec, packed(good)),
                "offset 0": wrapper(magic, codec, packed(good), offset=0),
                "offset 1": wrapper(magic, codec, packed(good), offset=1),
                "offset 7": wrapper(magic, codec, packed(good), offset=7),
                "inner offsets all 0": wrapper(magic, codec, packed([message(magic)] * 3), offset=0),
                "inner offsets from 5": wrapper(magic, codec, packed(entries(magic, first=5)), offset=7),
                "append time": wrapper(magic, codec, packed(good), attributes=8),
                "null": wrapper(magic, codec, None), "no bytes": wrapper(magic, codec, b""),
                "nothing inside": wrapper(magic, codec, packed([])),
                "garbage": wrapper(magic, codec, b"\x55" * 40),
                "cut": wrapper(magic, codec, packed(good)[:-5]),
                "inner checksum": wrapper(magic, codec, packed([good[0], message(magic, crc_change=1)])),
                "inner null keys": wrapper(magic, codec, packed([good[0], message(magic, key=None)])),
                "inner tail": wrapper(magic, codec, packed([good[0], b"12345"])),
                "inner cut": wrapper(magic, codec, packed([good[0], good[1][:-1]])),
                "inner size small": wrapper(magic, codec, packed([struct.pack(">qi", 0, 3) + b"\0" * 30])),
                "inner magic": wrapper(magic, codec, packed([message(1 - magic)])),
                "inner v2": wrapper(magic, codec, packed([formats.batch([formats.record()])])),
                "inner compressed": wrapper(magic, codec, packed([wrapper(magic, codec, packed(good))])),
                "outer checksum": wrapper(magic, codec, packed(good), crc_change=1),
                "inner times": wrapper(magic, codec, packed(
                    [message(magic, timestamp=-1), message(magic, timestamp=NOW)])),
                "inner key -2": wrapper(magic, codec, packed([message(magic, raw_tail=struct.pack(">ii", -2, -1))])),
                "inner value longer": wrapper(magic, codec, packed(
                    [message(magic, raw_tail=struct.pack(">ii", -1, 5) + b"v")])),
            }
            for name, data in sets.items():
                yield Case("v%d %s, %s" % (magic, NAMES[codec], name), data, versions=(2,),
                           topics=FEW_TOPICS if codec == GZIP else ("plain", "uncompressed"))
        for codec in (5, 6, 7):
            yield Case("v%d codec %d" % (magic, codec), wrapper(magic, codec, b"".join(good)), versions=(2,))
        raw = b"".join(good)
        for name, change in {"good": {}, "header checksum": {"header_checksum": 0}, "linked": {"flags": 0x40},
                             "tail": {"tail": b"abc"}}.items():
            yield Case("v%d lz4 frame, %s" % (magic, name), wrapper(magic, LZ4, formats.lz4_frame(raw, **change)),
                       versions=(0, 2), topics=("plain", "uncompressed"))


def fault_cases(pack, now):
    good, late, keyless = (now, b"k"), (now + 7200000, b"k"), (now, None)
    mixes = {"late": [late], "keyless": [keyless], "keyless, late": [keyless, late], "late, keyless": [late, keyless],
             "good, late": [good, late]}
    for name, mix in mixes.items():
        parts = [message(1, offset=i, timestamp=when, key=key) for i, (when, key) in enumerate(mix)]
        topics = ("plain", "ranged", "rangedcompacted", "compacted", "compactedappend")
        yield Case("v1 records: %s" % name, b"".join(parts), topics=topics, versions=(2,))
        yield Case("v1 records: %s, packed" % name,
                   wrapper(1, GZIP, pack(GZIP, b"".join(parts)), offset=len(parts) - 1), topics=topics, versions=(2,))
    broken = message(1, raw_tail=struct.pack(">ii", -1, 5) + b"v")
    yield Case("v1 records: keyless, then broken", message(1, key=None) + broken, topics=("compacted",), versions=(2,))
    yield Case("v1 records: broken, then keyless", broken + message(1, key=None), topics=("compacted",), versions=(2,))


def all_cases(pack, now):
    yield from plain_cases()
    yield from wrapped_cases(pack)
    yield from fault_cases(pack, now)
