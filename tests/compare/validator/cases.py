"""The cases: what is sent, to which kinds of topic, by which versions of Produce."""
import struct

import formats
from formats import batch, record

GZIP, SNAPPY, LZ4, ZSTD = 1, 2, 3, 4
NAMES = {0: "none", GZIP: "gzip", SNAPPY: "snappy", LZ4: "lz4", ZSTD: "zstd"}
NOW = 1700000000000
INT_MAX, INT_MIN, LONG_MAX, LONG_MIN = 2**31 - 1, -2**31, 2**63 - 1, -2**63
OLD_VERSIONS, NEW_VERSIONS = (0, 1, 2), (2, 3, 6, 7, 8, 11)
FEW_TOPICS = ("plain", "compacted", "appendtime", "gzip", "uncompressed")
# Those that no default speaks about: name -> topic configuration.
TOPICS = {
    "plain": {},
    "compacted": {"cleanup.policy": "compact"},
    "appendtime": {"message.timestamp.type": "LogAppendTime"},
    "compactedappend": {"cleanup.policy": "compact", "message.timestamp.type": "LogAppendTime"},
    "uncompressed": {"compression.type": "uncompressed"},
    "gzip": {"compression.type": "gzip"},
    "snappy": {"compression.type": "snappy"},
    "lz4": {"compression.type": "lz4"},
    "zstd": {"compression.type": "zstd"},
    "small": {"max.message.bytes": 1000},
    "smalluncompressed": {"max.message.bytes": 1000, "compression.type": "uncompressed"},
    "smallsegment": {"segment.bytes": 1000},
    "ranged": {"message.timestamp.before.max.ms": 3600000, "message.timestamp.after.max.ms": 3600000},
    "rangedcompacted": {"message.timestamp.before.max.ms": 3600000, "message.timestamp.after.max.ms": 3600000,
                        "cleanup.policy": "compact"},
    "rangedgzip": {"message.timestamp.before.max.ms": 3600000, "message.timestamp.after.max.ms": 3600000,
                   "compression.type": "gzip"},
}


class Case:
    def __init__(self, name, data, topics=FEW_TOPICS, versions=(9,), transactional=False):
        self.name, self.data, self.topics, self.versions = name, data, topics, versions
        self.transactional = transactional


def three(**change):
    return [record(i, i, b"key%d" % i, b"value" * (i + 1), **change) for i in range(3)]


def header_cases():
    changes = {
        "base_offset": (1, -1, 5, LONG_MAX, LONG_MIN),
        "length_change": (1, -1, 100),
        "length": (0, -1, 13, 14, 48, 49, 50, INT_MAX, INT_MIN),
        "epoch": (0, 7, -5),
        "magic": (0, 1, 3, -1, 127, -128),
        "crc_change": (1, 0x80000000),
        "attributes": tuple(1 << bit for bit in range(16)) + (5, 6, 7, 8, 0x48, 0xFF80, 0xFFC8),
        "last_offset_delta": (-1, 0, 1, 3, INT_MAX, INT_MIN),
        "base_timestamp": (-1, -2, 0, LONG_MAX, LONG_MIN),
        "max_timestamp": (-1, -2, 0, NOW + 2, NOW + 100, LONG_MAX, LONG_MIN),
        "producer_id": (-2, LONG_MIN),
        "producer_epoch": (0, 5, -2),
        "base_sequence": (0, 5, -2, INT_MAX),
        "count": (0, -1, 1, 2, 4, INT_MAX, INT_MIN),
    }
    for field, values in changes.items():
        for value in values:
            transactional = field == "attributes" and value & 0x10 != 0
            yield Case("%s=%d" % (field, value), batch(three(), **{field: value}), transactional=transactional)
    for sequence in (0, 7, -1, -2, INT_MIN, INT_MAX):
        yield Case("producer sequence=%d" % sequence,
                   batch(three(), producer_id=77 + sequence % 1000, producer_epoch=0, base_sequence=sequence),
                   topics=("plain",))
    yield Case("count and last offset delta agree on 4",
               batch(three(), count=4, last_offset_delta=3))
    yield Case("count and last offset delta agree on 2",
               batch(three(), count=2, last_offset_delta=1))
    yield Case("count 0, last offset delta -1", batch([], count=0, last_offset_delta=-1))
    yield Case("no records but a count", batch([], count=1, last_offset_delta=0))
    yield Case("append time, far", batch(three(), attributes=8, max_timestamp=1), topics=tuple(TOPICS))
    yield Case("append time, none", batch(three(), attributes=8, max_timestamp=-1), topics=tuple(TOPICS))


def odd_records():
    """name -> one record that is odd in the middle of two good ones"""
    yield "null key", record(1, 1, None)
    yield "null value", record(1, 1, b"k", None)
    yield "empty key and value", record(1, 1, b"", b"")
    yield "headers", record(1, 1, headers=((b"a", b"b"), (b"", None), (b"a", b"")))
    yield "header that is not UTF-8", record(1, 1, headers=((b"\xff\xfe", b"b"),))
    yield "null header key", record(1, 1, headers=((None, b"b"),))
    yield "header key -2", record(1, 1, raw_headers=formats.varint(1) + formats.varint(-2) + formats.varint(-1))
    yield "header value -2", record(1, 1, raw_headers=formats.varint(1) + formats.sized(b"a") + formats.varint(-2))
    yield "header count -1", record(1, 1, raw_headers=formats.varint(-1))
    yield "header count 1 of none", record(1, 1, raw_headers=formats.varint(1))
    yield "header count huge", record(1, 1, raw_headers=formats.varint(INT_MAX))
    yield "key -2", record(1, 1, raw_key=formats.varint(-2))
    yield "value -2", record(1, 1, raw_value=formats.varint(-2))
    yield "key longer than record", record(1, 1, raw_key=formats.varint(1000) + b"k")
    yield "value longer than record", record(1, 1, raw_value=formats.varint(10) + b"v")
    yield "key huge", record(1, 1, raw_key=formats.varint(INT_MAX))
    yield "length + 1", record(1, 1, length_change=1)
    yield "length - 1", record(1, 1, length_change=-1)
    yield "length 0", formats.varint(0)
    yield "length -1", formats.varint(-1)
    yield "length huge", formats.varint(INT_MAX) + record(1, 1)
    yield "byte after headers", record(1, 1, body_extra=b"x")
    yield "attributes", record(1, 1, attributes=-1)
    yield "offset delta 0", record(0, 1)
    yield "offset delta 2", record(2, 1)
    yield "offset delta -1", record(-1, 1)
    yield "offset delta max", record(INT_MAX, 1)
    yield "offset delta of 5 bytes", record(1, 1, raw_offset=b"\x82\x80\x80\x80\x00")
    yield "offset delta with bits too many", record(1, 1, raw_offset=b"\x82\x80\x80\x80\x70")
    yield "offset delta of 6 bytes", record(1, 1, raw_offset=b"\x82\x80\x80\x80\x80\x00")
    yield "timestamp before", record(1, -1000)
    yield "timestamp -1", record(1, -NOW - 1)
    yield "timestamp -2", record(1, -NOW - 2)
    yield "timestamp wraps", record(1, LONG_MAX)
    yield "timestamp delta min", record(1, LONG_MIN)
    yield "timestamp later", record(1, 123456)


def record_cases(pack):
    for name, odd in odd_records():
        records = [record(0), odd, record(2, 2)]
        for codec in range(5):
            payload = None if codec == 0 else pack(codec, b"".join(records))
            yield Case("%s, %s" % (name, NAMES[codec]), batch(records, payload, attributes=codec),
                       topics=FEW_TOPICS if codec < 2 else ("plain", "uncompressed"))
    yield Case("offsets not from 0", batch([record(1), record(2)]))
    yield Case("offsets descend", batch([record(1), record(0)]))


def codec_cases(pack):
    raw = b"".join(three())
    for codec in (GZIP, SNAPPY, LZ4, ZSTD):
        packed = pack(codec, raw)
        variants = {
            "good": packed, "cut by 1": packed[:-1], "cut by 4": packed[:-4], "half": packed[:len(packed) // 2],
            "none": b"", "one byte": packed[:1], "garbage": b"\x55" * 40, "raw": raw, "tail 0": packed + b"\0",
            "tail": packed + b"tail of bytes", "twice": packed + packed,
            "two frames": pack(codec, raw[:10]) + pack(codec, raw[10:]), "empty frame first": pack(codec, b"") + packed,
            "empty frame last": packed + pack(codec, b""), "empty": pack(codec, b""),
            "record too many": pack(codec, raw + record(3, 3)), "record too few": pack(codec, raw[:-1]),
        }
        for at in range(0, len(packed), max(1, len(packed) // 12)):
            variants["bit %d" % at] = packed[:at] + bytes([packed[at] ^ 0x10]) + packed[at + 1:]
        for name, payload in variants.items():
            yield Case("%s %s" % (NAMES[codec], name), batch(three(), payload, attributes=codec),
                       topics=("plain", "uncompressed"))
        yield Case("%s everywhere" % NAMES[codec], batch(three(), packed, attributes=codec), topics=tuple(TOPICS),
                   versions=NEW_VERSIONS)
        for bits in (0x08, 0x20, 0x40, 0x80, 0x100):
            yield Case("%s bits %x" % (NAMES[codec], bits), batch(three(), packed, attributes=codec | bits))
    yield Case("raw snappy block", batch(three(), bytes([len(raw)]) + bytes([(len(raw) - 1) << 2 & 0xFF])
                                         + raw if len(raw) <= 60 else snappy_block(raw), attributes=SNAPPY))


def snappy_block(raw):
    """One literal."""
    return formats.uvarint(len(raw)) + bytes([60 << 2, len(raw) - 1]) + raw


def lz4_cases():
    raw = b"".join(three())
    frames = {
        "stored": {}, "blocks 3": {"blocks": 3}, "linked blocks": {"flags": 0x40},
        "linked, 3 blocks": {"flags": 0x40, "blocks": 3},
        "content size": {"flags": 0x68}, "wrong content size": {"flags": 0x68, "content_size": 5},
        "content checksum missing": {"flags": 0x64}, "content checksum wrong": {"flags": 0x64, "tail": b"\1\2\3\4"},
        "block checksums missing": {"flags": 0x70}, "version 0": {"flags": 0x20}, "version 2": {"flags": 0xA0},
        "reserved": {"flags": 0x62}, "dictionary flag": {"flags": 0x61}, "4 MiB blocks": {"descriptor": 0x70},
        "block size 3": {"descriptor": 0x30}, "descriptor reserved": {"descriptor": 0xC0},
        "descriptor low bits": {"descriptor": 0x41}, "no end mark": {"end_mark": False},
        "header checksum": {"header_checksum": 0}, "tail": {"tail": b"abc"},
        "second frame": {"tail": formats.lz4_frame(b"")},
    }
    for name, change in frames.items():
        yield Case("lz4 frame, %s" % name, batch(three(), formats.lz4_frame(raw, **change), attributes=LZ4),
                   topics=("plain", "uncompressed"))
    yield Case("lz4 frame, in two", batch(three(), formats.lz4_frame(raw[:20]) + formats.lz4_frame(raw[20:]),
                                          attributes=LZ4), topics=("plain", "uncompressed"))


def size_cases(pack):
    for size in (999, 1000, 1001, 1012, 1013):
        value = b"v" * (size - 61 - len(record(value=b"v" * 900)) + 900)
        data = batch([record(value=value)])
        assert len(data) == size
        yield Case("size %d" % size, data, topics=("small", "smalluncompressed", "smallsegment", "plain", "gzip"))
        yield Case("size %d, bad checksum" % size, batch([record(value=value)], crc_change=1), topics=("small",))
        yield Case("size %d, control" % size, batch([record(value=value)], attributes=0x20),
                   topics=("small", "smallsegment"))
    for codec in (GZIP, SNAPPY, LZ4, ZSTD):
        raw = record(value=b"v" * 5000)
        yield Case("%s that unpacks to 5000" % NAMES[codec], batch([raw], pack(codec, raw), attributes=codec),
                   topics=("small", "smalluncompressed", "smallsegment", "uncompressed"))


def run_cases():
    one, old = batch(three()), formats.message(1)
    runs = {
        "nothing": b"", "5 bytes": b"12345", "12 bytes": b"\0" * 12, "17 bytes": one[:17],
        "60 bytes": one[:60], "all but one": one[:-1], "two": one + one, "one and a tail of 5": one + b"12345",
        "one and a zero tail": one + b"\0" * 30, "one and half": one + one[:50], "one, then v1": one + old,
        "v1, then one": old + one, "v1": old, "v0": formats.message(0), "v1 and a zero tail": old + b"\0" * 30,
    }
    for name, data in runs.items():
        yield Case("run: %s" % name, data, versions=(0, 2, 3, 8, 9, 11), topics=("plain", "uncompressed"))
    yield Case("good", one, versions=NEW_VERSIONS + (9, 10), topics=tuple(TOPICS))


def fault_cases(pack, now):
    """Records that are wrong for what they hold, mixed."""
    good, late, early, none = (now, b"k"), (now + 7200000, b"k"), (now - 7200000, b"k"), (-1, b"k")
    keyless, both = (now, None), (now + 7200000, None)
    mixes = {
        "good": [good], "late": [late], "early": [early], "none": [none], "keyless": [keyless], "both": [both],
        "keyless, late": [keyless, late], "late, keyless": [late, keyless], "good, keyless, good": [good, keyless, good],
        "many": [good, late, keyless, early, good, both, none], "keyless twice": [keyless, keyless],
        "all none": [none, none], "most early": [(-2**40, b"k"), good],
    }
    for name, mix in mixes.items():
        records = [record(i, when - now, key) for i, (when, key) in enumerate(mix)]
        for codec in (0, GZIP, LZ4):
            payload = None if codec == 0 else pack(codec, b"".join(records))
            for bits in (0, 8):
                yield Case("records: %s, %s, bits %d" % (name, NAMES[codec], bits),
                           batch(records, payload, attributes=codec | bits, base_timestamp=now, max_timestamp=now),
                           topics=("plain", "compacted", "compactedappend", "appendtime", "ranged", "rangedcompacted",
                                   "rangedgzip"), versions=(7, 8, 9) if codec == 0 else (9,))
    broken = [record(0, 0, None), record(1, 0, length_change=5)]
    yield Case("records: keyless, then broken", batch(broken), topics=("plain", "compacted"))
    many = [record(i, 0, None) for i in range(1500)]
    yield Case("records: 1500 keyless", batch(many), topics=("compacted",))
    late = many[:1400] + [record(1400, 2**40)] + [record(i, 0, None) for i in range(1401, 1500)]
    yield Case("records: keyless, the 1401st late", batch(late, base_timestamp=now), topics=("rangedcompacted",))


def all_cases(pack, now):
    import cases_old
    yield from run_cases()
    yield from header_cases()
    yield from record_cases(pack)
    yield from codec_cases(pack)
    yield from lz4_cases()
    yield from size_cases(pack)
    yield from fault_cases(pack, now)
    yield from cases_old.all_cases(pack, now)


assert struct.calcsize(">qiibI") == 21
