"""Records as the matrix sends and compares them, and the lines in which clients take and give them.

    to produce   PARTITION TIMESTAMP KEY VALUE HEADERS
    read         record PARTITION OFFSET TIMESTAMP KEY VALUE HEADERS

A field is parted from the next by a tab. PARTITION and TIMESTAMP may be `-`: the client's own choice. KEY and VALUE are
`-` for null, else `=` and their bytes as hex. HEADERS are `NAME=HEX` or `NAME-` for null, parted by commas.
"""
import collections
import hashlib
import random

Record = collections.namedtuple("Record", "partition timestamp key value headers")
Read = collections.namedtuple("Read", "partition offset timestamp key value headers")


def field(value):
    return "-" if value is None else "=" + value.hex()


def unfield(text):
    return None if text == "-" else bytes.fromhex(text[1:])


def headers_field(headers):
    return ",".join(name + field(value) for name, value in headers)


def headers_unfield(text):
    found = []
    for header in filter(None, text.split(",")):
        end = len(header) - 1 if header.endswith("-") else header.index("=")
        found.append((header[:end], unfield(header[end:])))
    return tuple(found)


def line(record):
    """A line to produce."""
    return "\t".join(["-" if record.partition is None else str(record.partition),
                      "-" if record.timestamp is None else str(record.timestamp),
                      field(record.key), field(record.value), headers_field(record.headers)]) + "\n"


def parse(text):
    """A line to produce, by a client of this language."""
    partition, timestamp, key, value, headers = text.rstrip("\n").split("\t")
    return Record(None if partition == "-" else int(partition), None if timestamp == "-" else int(timestamp),
                  unfield(key), unfield(value), headers_unfield(headers))


def read_line(read):
    return "\t".join(["record", str(read.partition), str(read.offset), str(read.timestamp), field(read.key),
                      field(read.value), headers_field(read.headers)]) + "\n"


def parse_read(text):
    _, partition, offset, timestamp, key, value, headers = text.rstrip("\n").split("\t")
    return Read(int(partition), int(offset), int(timestamp), unfield(key), unfield(value), headers_unfield(headers))


def digest(records):
    """sha256 over keys, values and headers, in this order."""
    whole = hashlib.sha256()
    for record in records:
        whole.update(("%s %s %s\n" % (field(record.key), field(record.value), headers_field(record.headers))).encode())
    return whole.hexdigest()


def numbered(first, count, seed="", partitions=None):
    """`count` records with keys, of text that compresses and text that does not; to partition after partition, if told."""
    draw = random.Random("%s %d" % (seed, first))
    made = []
    for i in range(first, first + count):
        value = b"%d " % i + (b"klamm " * (i % 50) if i % 3 else b"%x" % draw.getrandbits(800))
        made.append(Record(None if partitions is None else i % partitions, None, b"key-%d" % i, value, ()))
    return made


def in_order(reads):
    """By partition and offset."""
    return sorted(reads, key=lambda read: (read.partition, read.offset))
