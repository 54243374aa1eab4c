#!/usr/bin/env python3
"""Writes inputs for the targets `message` and `request`, made of the golden frames.

    seed.py DIR     DIR/message and DIR/request are made
"""

import json
import os
import re
import sys

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
API_VERSIONS = 18


def flexible_versions():
    """(kind, key) -> first flexible version"""
    first = {}
    path = os.path.join(TESTS, '..', 'src', 'wire', 'messages.def')
    with open(path, encoding='ascii') as definition:
        for line in definition:
            match = re.match(r'(request|response) (\d+) .* flexible=(\d+|none)', line)
            if match:
                first[match[1], int(match[2])] = 99 if match[3] == 'none' else int(match[3])
    return first


def write(folder, name, content):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, re.sub('[^A-Za-z0-9]+', '-', name).strip('-')), 'wb') as file:
        file.write(content)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    flexible = flexible_versions()
    with open(os.path.join(TESTS, 'golden', 'wire.json'), encoding='utf-8') as golden:
        exchanges = json.load(golden)
    for exchange in exchanges:
        name, key, version = exchange['name'], exchange['api'], exchange['version']
        frame = bytes.fromhex(exchange['request'])[4:]
        write(os.path.join(sys.argv[1], 'request'), name, frame)
        if ('request', key) not in flexible:
            continue
        is_flexible = version >= flexible['request', key]
        client_id = int.from_bytes(frame[8:10], 'big', signed=True)
        header = 10 + max(client_id, 0) + is_flexible
        folder = os.path.join(sys.argv[1], 'message')
        write(folder, name + ' request', bytes((0, key, version)) + frame[header:])
        if re.fullmatch('[0-9a-f]+', exchange['response']):
            header = 8 + (is_flexible and key != API_VERSIONS)
            frame = bytes.fromhex(exchange['response'])[header:]
            write(folder, name + ' response', bytes((1, key, version)) + frame)


if __name__ == '__main__':
    main()
