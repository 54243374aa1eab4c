#!/usr/bin/env python3
"""Makes config/key_names.h or config/key_table.c from keys.tsv.

    generate.py header|table keys.tsv > file

The columns are explained at the head of keys.tsv. A mistake in it ends the
run with "file:line: what is wrong" and status 1.
"""

import re
import sys

COLUMNS = 'scope name type default valid changes listener kind synonyms stage when comment'.split()
SCOPES = ('broker', 'topic', 'client', 'ip')
TYPES = ('boolean', 'string', 'int', 'short', 'long', 'double', 'list', 'class', 'password')
NUMBERS = ('int', 'short', 'long', 'double')
CHANGES = ('read-only', 'per-broker', 'cluster-wide', 'per-topic', 'per-entity', 'dynamic-only')
KINDS = ('-', 'internal', 'deprecated', 'klamm')
STAGES = ('served', 'harmless', 'binding')
WHENS = ('-', 'sasl', 'ssl', 'remote', 'zookeeper-tls')
BITS = 0xffffffff


class Mistake(Exception):
    """What is wrong in the table, and at which line."""

    def __init__(self, line, text):
        super().__init__(text)
        self.line = line


class Key:
    """One line of the table."""

    def __init__(self, line, cells):
        self.line = line
        self.cells = cells
        for column, words in (('scope', SCOPES), ('type', TYPES), ('changes', CHANGES), ('kind', KINDS),
                              ('listener', ('-', 'prefix')), ('stage', STAGES), ('when', WHENS)):
            if cells[column] not in words:
                raise Mistake(line, f'{column} is {cells[column]!r}, not one of {", ".join(words)}')
        if cells['when'] != '-' and cells['stage'] != 'binding':
            raise Mistake(line, 'only a binding key waits for something')
        if cells['stage'] != 'served' and cells['comment'] == '-':
            raise Mistake(line, 'a key that is not served needs a comment that says why that is so')
        self.scope, self.name, self.type = cells['scope'], cells['name'], cells['type']
        prefix = 'CONFIG_' if self.scope == 'broker' else f'CONFIG_{self.scope.upper()}_'
        self.id = prefix + re.sub(r'\W', '_', self.name).upper()
        self.read_valid()

    def read_valid(self):
        self.minimum, self.maximum, self.choices, self.checks = '-INFINITY', 'INFINITY', None, []
        valid = self.cells['valid']
        if valid.startswith('-1|'):
            self.checks.append('OR_MINUS_ONE')
            valid = valid[3:]
        span = re.fullmatch(r'(-?[\d.]*\d)\.\.([\d.]*\d)?', valid)
        if span:
            if self.type not in NUMBERS:
                raise Mistake(self.line, 'a range is for numbers')
            self.minimum = span[1]
            self.maximum = span[2] or 'INFINITY'
        elif valid in ('not-null', 'not-empty', 'version', 'replicas'):
            self.checks.append(valid.upper().replace('-', '_'))
        elif valid != '-':
            if valid.startswith('any-case '):
                self.checks.append('ANY_CASE')
                valid = valid[9:]
            if self.type not in ('string', 'list'):
                raise Mistake(self.line, 'a choice is for texts and lists')
            self.choices = valid


def read_table(path):
    keys, names = [], set()
    with open(path, encoding='utf-8') as file:
        lines = [(number, line.rstrip('\n')) for number, line in enumerate(file, 1)
                 if line.strip() and not line.startswith('#')]
    if not lines or lines[0][1].split('\t') != COLUMNS:
        raise Mistake(lines[0][0] if lines else 1, 'the first line is not the names of the columns')
    for number, line in lines[1:]:
        cells = line.split('\t')
        if len(cells) != len(COLUMNS) or '' in cells:
            raise Mistake(number, f'{len(cells)} columns, or empty ones, where {len(COLUMNS)} belong')
        key = Key(number, dict(zip(COLUMNS, cells)))
        if key.id in names:
            raise Mistake(number, f'{key.name} is here twice')
        names.add(key.id)
        keys.append(key)
    keys.sort(key=lambda key: (SCOPES.index(key.scope), key.name))
    resolve_synonyms(keys)
    return keys


def resolve_synonyms(keys):
    brokers = {key.name: key.id for key in keys if key.scope == 'broker'}
    for key in keys:
        key.synonyms = [] if key.cells['synonyms'] == '-' else key.cells['synonyms'].split(' ')
        for synonym in key.synonyms:
            if key.scope != 'topic' or synonym not in brokers:
                raise Mistake(key.line, f'{synonym} is no synonym among the keys of the broker')
        if len(key.synonyms) > 3:
            raise Mistake(key.line, 'more than three synonyms')
        key.synonym_ids = [brokers[synonym] for synonym in key.synonyms]


# ---------------------------------------------------------------- the lookup

def mix(seed, scope, name):
    """The hash that key.c computes too: FNV-1a, well stirred at the end."""
    value = (2166136261 ^ seed) & BITS
    for byte in bytes([scope]) + name.encode():
        value = (value ^ byte) * 16777619 & BITS
    value ^= value >> 15
    value = value * 0x2c1b3c6d & BITS
    return value ^ value >> 13


def place(keys):
    """Seeds for buckets of keys, so that no two keys share a slot: (seeds, slots)."""
    size = 1
    while size < len(keys) * 5 // 4:
        size *= 2
    buckets = [[] for _ in range(max(1, len(keys) // 3))]
    for index, key in enumerate(keys):
        scope = SCOPES.index(key.scope)
        buckets[mix(0, scope, key.name) % len(buckets)].append((index, scope, key.name))
    seeds, slots = [0] * len(buckets), [-1] * size
    for bucket in sorted(range(len(buckets)), key=lambda number: -len(buckets[number])):
        for seed in range(1, 65536):
            spots = [mix(seed, scope, name) % size for _, scope, name in buckets[bucket]]
            if len(set(spots)) == len(spots) and all(slots[spot] < 0 for spot in spots):
                break
        else:
            raise Mistake(1, 'no seeds found for the lookup')
        seeds[bucket] = seed
        for spot, (index, _, _) in zip(spots, buckets[bucket]):
            slots[spot] = index
    return seeds, slots


# ---------------------------------------------------------------- C

def text(value):
    return '"' + value.replace('\\', '\\\\').replace('"', '\\"') + '"'


def default_of(key):
    value = key.cells['default']
    return 'NULL' if value == 'null' else '""' if value == '(empty)' else text(value)


def print_header(keys, seeds, slots):
    print('/* Made by generate.py from keys.tsv. */\n#ifndef KLAMM_CONFIG_KEY_NAMES_H\n#define KLAMM_CONFIG_KEY_NAMES_H\n')
    print('/* Keys of the broker come first, then those of topics. */\nenum config_key_id {')
    for key in keys:
        print(f'\t{key.id},')
    print('\tCONFIG_KEY_COUNT,\n};\n\nenum {')
    for scope in ('broker', 'topic'):
        ids = [index for index, key in enumerate(keys) if key.scope == scope]
        print(f'\tCONFIG_{scope.upper()}_KEY_FIRST = {ids[0]},\n\tCONFIG_{scope.upper()}_KEY_COUNT = {len(ids)},')
    print(f'\tCONFIG_KEY_SEEDS = {len(seeds)},\n\tCONFIG_KEY_SLOTS = {len(slots)},\n}};\n\n#endif')


def print_numbers(kind, name, size, numbers):
    print(f'\nconst {kind} {name}[{size}] = {{')
    for start in range(0, len(numbers), 12):
        print('\t' + ' '.join(f'{number},' for number in numbers[start:start + 12]))
    print('};')


def print_table(keys, seeds, slots):
    print('/* Made by generate.py from keys.tsv. */\n#include "config/key.h"\n\n#include <math.h>\n')
    print('const struct config_key config_keys[CONFIG_KEY_COUNT] = {')
    for key in keys:
        cells = key.cells
        fields = [f'.name = {text(key.name)}', f'.default_text = {default_of(key)}']
        if key.choices:
            fields.append(f'.choices = {text(key.choices)}')
        if cells['comment'] != '-':
            fields.append(f'.comment = {text(cells["comment"])}')
        fields.append(f'.minimum = {key.minimum}, .maximum = {key.maximum}')
        fields.append(f'.scope = CONFIG_SCOPE_{key.scope.upper()}, .type = CONFIG_TYPE_{key.type.upper()}')
        fields.append('.change = CONFIG_CHANGE_' + cells['changes'].upper().replace('-', '_'))
        fields.append(f'.stage = CONFIG_STAGE_{cells["stage"].upper()}')
        if cells['when'] != '-':
            fields.append('.when = CONFIG_WHEN_' + cells['when'].upper().replace('-', '_'))
        if key.checks:
            fields.append('.checks = ' + ' | '.join('CONFIG_CHECK_' + check for check in key.checks))
        if key.synonyms:
            fields.append(f'.synonym_count = {len(key.synonyms)}, .synonyms = {{ {", ".join(key.synonym_ids)} }}')
        if cells['kind'] in ('internal', 'klamm'):
            fields.append('.internal = true')
        if cells['kind'] == 'deprecated':
            fields.append('.deprecated = true')
        if cells['listener'] == 'prefix':
            fields.append('.listener_prefix = true')
        print(f'\t[{key.id}] = {{\n\t\t' + ',\n\t\t'.join(fields) + ' },')
    print('};')
    print_numbers('uint16_t', 'config_key_seeds', 'CONFIG_KEY_SEEDS', seeds)
    print_numbers('int16_t', 'config_key_slots', 'CONFIG_KEY_SLOTS', slots)


def main(arguments):
    if len(arguments) != 2 or arguments[0] not in ('header', 'table'):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        keys = read_table(arguments[1])
        seeds, slots = place(keys)
    except Mistake as mistake:
        print(f'{arguments[1]}:{mistake.line}: {mistake}', file=sys.stderr)
        return 1
    (print_header if arguments[0] == 'header' else print_table)(keys, seeds, slots)
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
