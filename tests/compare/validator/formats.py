"""Record batches and message sets, made by hand so that anything in them can be wrong."""
import binascii
import struct


def crc32c_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


CRC32C = crc32c_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CRC32C[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def uvarint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def varint(value):
    return uvarint((value << 1 ^ value >> 63) & 0xFFFFFFFFFFFFFFFF)


def sized(data):
    return varint(-1) if data is None else varint(len(data)) + data


def record(offset_delta=0, timestamp_delta=0, key=b"key", value=b"value", headers=(), attributes=0,
           body_extra=b"", length_change=0, raw_key=None, raw_value=None, raw_headers=None,
           raw_offset=None):
    body = struct.pack("b", attributes) + varint(timestamp_delta)
    body += raw_offset if raw_offset is not None else varint(offset_delta)
    body += raw_key if raw_key is not None else sized(key)
    body += raw_value if raw_value is not None else sized(value)
    if raw_headers is not None:
        body += raw_headers
    else:
        body += varint(len(headers))
        for name, content in headers:
            body += sized(name) + sized(content)
    body += body_extra
    return varint(len(body) + length_change) + body


def batch(records, payload=None, base_offset=0, length_change=0, length=None, epoch=-1, magic=2, crc_change=0,
          attributes=0, last_offset_delta=None, base_timestamp=1700000000000, max_timestamp=1700000000000,
          producer_id=-1, producer_epoch=-1, base_sequence=-1, count=None):
    """`payload`: the records as they go into the batch, when they are compressed."""
    if payload is None:
        payload = b"".join(records)
    if count is None:
        count = len(records)
    if last_offset_delta is None:
        last_offset_delta = len(records) - 1
    body = struct.pack(">HiqqqhiI", attributes & 0xFFFF, last_offset_delta, base_timestamp, max_timestamp,
                       producer_id, producer_epoch, base_sequence, count & 0xFFFFFFFF) + payload
    if length is None:
        length = len(body) + 9 + length_change
    return (struct.pack(">qiib", base_offset, length, epoch, magic)
            + struct.pack(">I", crc32c(body) ^ crc_change) + body)


def message(magic=1, attributes=0, offset=0, timestamp=1700000000000, key=b"key", value=b"value", crc_change=0,
            size_change=0, raw_tail=None):
    """An entry of a v0 or v1 set."""
    body = struct.pack(">bB", magic, attributes)
    if magic > 0:
        body += struct.pack(">q", timestamp)
    if raw_tail is not None:
        body += raw_tail
    else:
        for part in (key, value):
            body += struct.pack(">i", -1 if part is None else len(part)) + (part or b"")
    crc = (binascii.crc32(body) & 0xFFFFFFFF) ^ crc_change
    return struct.pack(">qiI", offset, len(body) + 4 + size_change, crc) + body


def xxhash32(data):
    primes = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1)
    mask = 0xFFFFFFFF

    def rotate(value, bits):
        return (value << bits | value >> (32 - bits)) & mask

    assert len(data) < 16
    value = (primes[4] + len(data)) & mask
    while len(data) >= 4:
        value = rotate((value + struct.unpack("<I", data[:4])[0] * primes[2]) & mask, 17) * primes[3] & mask
        data = data[4:]
    for byte in data:
        value = rotate((value + byte * primes[4]) & mask, 11) * primes[0] & mask
    value = (value ^ value >> 15) * primes[1] & mask
    value = (value ^ value >> 13) * primes[2] & mask
    return value ^ value >> 16


def lz4_frame(data, flags=0x60, descriptor=0x40, blocks=1, end_mark=True, content_size=None, tail=b"",
              header_checksum=None):
    """A frame of blocks that are stored as they are."""
    header = bytes([flags, descriptor])
    if flags & 0x08:
        header += struct.pack("<Q", len(data) if content_size is None else content_size)
    if header_checksum is None:
        header_checksum = xxhash32(header) >> 8 & 0xFF
    out = b"\x04\x22\x4d\x18" + header + bytes([header_checksum])
    step = max(1, -(-len(data) // blocks))
    for at in range(0, len(data), step):
        block = data[at:at + step]
        out += struct.pack("<I", len(block) | 0x80000000) + block
    return out + (b"\0\0\0\0" if end_mark else b"") + tail
