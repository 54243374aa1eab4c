#!/usr/bin/env python3
"""Makes wire/messages.h or wire/messages_table.c from messages.def.

    generate.py header|table messages.def > file

The format is explained at the head of messages.def. A mistake in it ends the
run with "file:line: what is wrong" and status 1.
"""

import re
import sys

SCALARS = {  # type: (C type, enum field_type, size on the wire)
    'bool': ('bool', 'BOOL', 1),
    'int8': ('int8_t', 'INT8', 1),
    'int16': ('int16_t', 'INT16', 2),
    'int32': ('int32_t', 'INT32', 4),
    'int64': ('int64_t', 'INT64', 8),
    'float64': ('double', 'FLOAT64', 8),
    'uuid': ('struct uuid', 'UUID', 16),
}
LENGTHS = {  # type: (C type, enum field_type, size of an uncompact length)
    'string': ('struct slice', 'STRING', 2),
    'bytes': ('struct slice', 'BYTES', 4),
    'records': ('struct wire_records', 'RECORDS', 4),
}
BASIC = {**SCALARS, **LENGTHS}
INTEGER_BITS = {'int8': 8, 'int16': 16, 'int32': 32, 'int64': 64}
KINDS = ('request', 'response', 'header', 'data')
HEADER_ATTRIBUTES = ('versions', 'flexible', 'deprecated', 'unstable', 'listeners')
NONE = (0, -1)
C_KEYWORDS = set('''auto bool break case char const continue default do double else enum extern
    float for goto if inline int long register restrict return short signed sizeof static struct
    switch typedef union unsigned void volatile while'''.split())


class Mistake(Exception):
    """What is wrong in the definition, and at which line."""

    def __init__(self, line, text):
        super().__init__(text)
        self.line = line


class Struct:
    def __init__(self, line, name, versions):
        self.line, self.name, self.versions = line, name, versions
        self.fields = []


class Field:
    def __init__(self, line, name, type_name, versions):
        self.line, self.name, self.versions = line, name, versions
        self.is_array = type_name.startswith('[]')
        self.base = type_name[2:] if self.is_array else type_name
        self.nullable = NONE
        self.tagged = NONE
        self.tag = -1
        self.default = None
        self.flags = []
        self.struct = None
        self.member = snake(name)

    @property
    def is_pointer(self):
        return self.struct is not None and not self.is_array and self.nullable != NONE


class Message(Struct):
    def __init__(self, line, kind, key, name):
        super().__init__(line, name, NONE)
        self.kind, self.key = kind, key
        self.flexible = NONE
        self.unstable = False
        self.listeners = []
        self.structs = {}


def snake(name):
    """isKRaftController -> is_kraft_controller"""
    name = name.replace('KRaft', 'Kraft')
    name = re.sub(r'(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])', '_', name)
    return name.lower()


def shared(a, b):
    """The versions that are in both ranges."""
    both = (max(a[0], b[0]), min(a[1], b[1]))
    return both if both[0] <= both[1] else NONE


def has(versions, version):
    return versions[0] <= version <= versions[1]


# Reading


def parse_versions(line, text, last):
    if text == 'none':
        return NONE
    match = re.fullmatch(r'(\d+)(?:-(\d+)|(\+))?', text)
    if match is None:
        raise Mistake(line, f'"{text}" is not a range of versions')
    first = int(match[1])
    end = int(match[2]) if match[2] else last if match[3] else first
    if end is None:
        raise Mistake(line, f'"{text}" needs a last version here')
    if end > 100 or first > end:
        raise Mistake(line, f'the range of versions "{text}" is empty or absurd')
    return (first, end)


def parse_name(line, text):
    if not re.fullmatch(r'[A-Za-z][A-Za-z0-9]*', text):
        raise Mistake(line, f'"{text}" is not a name')
    if snake(text) in C_KEYWORDS:
        raise Mistake(line, f'"{text}" would be a keyword of C')
    return text


def parse_message(line, words):
    if len(words) < 5 or words[0] not in KINDS:
        raise Mistake(line, 'expected KIND KEY NAME versions=V flexible=V')
    kind, key, name = words[:3]
    keyed = kind in ('request', 'response')
    if not re.fullmatch(r'\d{1,3}' if keyed else '-', key):
        raise Mistake(line, f'"{key}" is not a key for a {kind}')
    message = Message(line, kind, int(key) if keyed else -1, parse_name(line, name))
    attributes = {}
    for word in words[3:]:
        name, equals, value = word.partition('=')
        if name not in HEADER_ATTRIBUTES or not equals or name in attributes:
            raise Mistake(line, f'unknown or repeated "{word}"')
        attributes[name] = value
    if 'versions' not in attributes or 'flexible' not in attributes:
        raise Mistake(line, 'versions= and flexible= are needed')
    message.versions = parse_versions(line, attributes['versions'], None)
    if message.versions == NONE:
        raise Mistake(line, 'a message needs a version')
    message.flexible = parse_versions(line, attributes['flexible'], message.versions[1])
    if message.flexible != NONE and message.flexible[1] != message.versions[1]:
        raise Mistake(line, 'the last version must be flexible when one is')
    if attributes.get('unstable', 'false') not in ('true', 'false'):
        raise Mistake(line, 'unstable= is true or false')
    message.unstable = attributes.get('unstable') == 'true'
    message.listeners = attributes.get('listeners', '').split(',')
    if keyed and not message.name.endswith(kind.capitalize()):
        raise Mistake(line, f'the name of a {kind} ends in {kind.capitalize()}')
    return message


def check_default(field, line, text):
    if text == 'null':
        return text
    if field.is_array or field.base not in BASIC:
        raise Mistake(line, 'a struct or an array has no default but null')
    if field.base == 'bool' and text in ('true', 'false'):
        return text
    if field.base == 'string' and text == "''":
        return None
    if field.base in INTEGER_BITS and re.fullmatch(r'-?\d+|0x[0-9a-f]+', text):
        bits = INTEGER_BITS[field.base]
        if -(1 << (bits - 1)) <= int(text, 0) < 1 << (bits - 1):
            return int(text, 0)
    raise Mistake(line, f'"{text}" is not a default for {field.base}')


def parse_tag(line, text, last):
    match = re.fullmatch(r'(\d{1,2})@(.+)', text)
    if match is None:
        raise Mistake(line, f'"{text}" is not NUMBER@VERSIONS')
    return int(match[1]), parse_versions(line, match[2], last)


def parse_field(line, words, message):
    if len(words) < 3:
        raise Mistake(line, 'expected FIELD TYPE VERSIONS')
    last = message.versions[1]
    field = Field(line, parse_name(line, words[0]), words[1],
                  shared(parse_versions(line, words[2], last), message.versions))
    if field.versions == NONE:
        raise Mistake(line, 'no version of the message has this field')
    if field.base not in BASIC and not re.fullmatch(r'[A-Z][A-Za-z0-9]*', field.base):
        raise Mistake(line, f'unknown type "{words[1]}"')
    if field.is_array and field.base == 'records':
        raise Mistake(line, 'an array cannot hold records')
    for word in words[3:]:
        name, _, value = word.partition('=')
        if word == 'ign':
            field.flags.append('FIELD_IGNORABLE')
        elif word == 'key':
            field.flags.append('FIELD_MAP_KEY')
        elif word == 'flex=none':
            field.flags.append('FIELD_INFLEXIBLE')
        elif name == 'null':
            field.nullable = shared(parse_versions(line, value, last), field.versions)
        elif name == 'tag':
            field.tag, field.tagged = parse_tag(line, value, last)
        elif name == 'default':
            field.default = check_default(field, line, value)
        elif name != 'entity' or not value:
            raise Mistake(line, f'unknown "{word}"')
    check_field(field, line, message)
    return field


def check_field(field, line, message):
    if field.nullable != NONE and not field.is_array and field.base in SCALARS:
        raise Mistake(line, f'{field.base} cannot be null')
    if field.default == 'null' and field.nullable != field.versions:
        raise Mistake(line, 'the default is null, but not every version allows it')
    if field.tagged != NONE:
        if shared(field.tagged, field.versions) != field.tagged:
            raise Mistake(line, 'tagged in a version that lacks the field')
        if shared(field.tagged, message.flexible) != field.tagged:
            raise Mistake(line, 'tagged in a version that is not flexible')


def add_field(struct, field):
    for other in struct.fields:
        if other.member == field.member:
            raise Mistake(field.line, f'{struct.name} has a field {field.name} already')
        if shared(other.tagged, field.tagged) != NONE and other.tag == field.tag:
            raise Mistake(field.line, f'{struct.name} has a tag {field.tag} already')
    struct.fields.append(field)


def parse_child(line, words, level, message, stack):
    """A field or `struct` line at `level`; stack[level - 1] is the struct around it."""
    if words[0] == 'struct' and level == 1:
        if len(words) != 3:
            raise Mistake(line, 'expected struct NAME VERSIONS')
        versions = parse_versions(line, words[2], message.versions[1])
        stack[level:] = [new_struct(line, words[1], versions, message)]
        return
    field = parse_field(line, words, message)
    add_field(stack[level - 1], field)
    stack[level:] = [field]


def new_struct(line, name, versions, message):
    if parse_name(line, name) in message.structs:
        raise Mistake(line, f'{message.name} has a struct {name} already')
    message.structs[name] = Struct(line, name, versions)
    return message.structs[name]


def parse(lines):
    messages, stack = [], []
    for number, text in enumerate(lines, 1):
        if text.startswith('#') or not text.strip():
            continue
        indent = len(text) - len(text.lstrip(' '))
        words, level = text.split(), indent // 2
        if indent % 2 or '\t' in text or level > len(stack):
            raise Mistake(number, 'the indentation is two spaces a level')
        if level == 0:
            messages.append(parse_message(number, words))
            stack = [messages[-1]]
            continue
        around = stack[level - 1]
        if isinstance(around, Field):
            if around.base in BASIC:
                raise Mistake(number, f'{around.name} is no struct and has no fields')
            stack[level - 1] = new_struct(around.line, around.base, around.versions, messages[-1])
        parse_child(number, words, level, messages[-1], stack)
    return messages


# Checking what one line alone does not show


def resolve(message, struct, open_structs):
    """Binds the fields of struct type; structs end up in the order that C needs."""
    if struct in open_structs:
        raise Mistake(struct.line, f'{struct.name} contains itself')
    if not struct.fields:
        raise Mistake(struct.line, f'{struct.name} has no fields')
    for field in struct.fields:
        if field.base in BASIC:
            continue
        field.struct = message.structs.get(field.base)
        if field.struct is None:
            raise Mistake(field.line, f'there is no struct {field.base} in {message.name}')
        resolve(message, field.struct, open_structs + [struct])
    if struct not in message.ordered:
        message.ordered.append(struct)


def check_messages(messages):
    names, keys = {}, set()
    for message in messages:
        identity = (message.kind, message.key)
        if message.name in names or identity in keys:
            raise Mistake(message.line, f'{message.name} or its key is there already')
        names[message.name] = message
        if message.key >= 0:
            keys.add(identity)
        message.ordered = []
        resolve(message, message, [])
        for struct in message.structs.values():
            if struct not in message.ordered:
                raise Mistake(struct.line, f'no field uses the struct {struct.name}')
    for message in messages:
        if message.kind == 'request':
            answer = names.get(re.sub('Request$', 'Response', message.name))
            if answer is None or (answer.key, answer.versions) != (message.key, message.versions):
                raise Mistake(message.line, f'{message.name} has no response of its versions')


# Writing


def c_struct(message, struct):
    if struct is message:
        return snake(message.name)
    return snake(message.name) + '_' + snake(struct.name)


def c_type(message, field):
    if field.struct is None:
        return BASIC[field.base][0]
    return 'struct ' + c_struct(message, field.struct)


def minimum_size(message, struct, version):
    flexible = has(message.flexible, version)
    size = 1 if flexible else 0
    for field in struct.fields:
        if not has(field.versions, version) or has(field.tagged, version):
            continue
        compact = flexible and 'FIELD_INFLEXIBLE' not in field.flags
        if field.is_array:
            size += 1 if compact else 4
        elif field.base in SCALARS:
            size += SCALARS[field.base][2]
        elif field.base in LENGTHS:
            size += 1 if compact else LENGTHS[field.base][2]
        elif has(field.nullable, version):
            size += 1
        else:
            size += minimum_size(message, field.struct, version)
    return size


def default_of(message, field):
    """The initializer of a field in the struct of defaults; None when zero is right."""
    if field.is_array:
        return '{ NULL, -1 }' if field.default == 'null' else None
    if field.is_pointer:
        if field.default != 'null':
            raise Mistake(field.line, 'a struct that may be null has the default null')
        return None
    if field.struct is not None:
        return '{ ' + defaults_of(message, field.struct) + ' }'
    if field.base in ('string', 'bytes'):
        return None if field.default == 'null' else '{ EMPTY, 0 }'
    if field.default in (None, 'null', 'false', 0):
        return None
    if isinstance(field.default, int) and field.default == -(1 << 31):
        return 'INT32_MIN'
    if field.base == 'int64':
        return f'INT64_C({field.default})'
    return str(field.default)


def defaults_of(message, struct):
    values = [(field.member, default_of(message, field)) for field in struct.fields]
    text = ', '.join(f'.{member} = {value}' for member, value in values if value is not None)
    return text or f'.{struct.fields[0].member} = {zero_of(struct.fields[0])}'


def zero_of(field):
    if field.is_pointer:
        return 'NULL'
    if field.is_array or field.base not in SCALARS:
        return '{ 0 }'
    return '{ { 0 } }' if field.base == 'uuid' else '0'


def write_header(messages, out):
    out('/* wire/messages.h: made by generate.py from messages.def; do not edit. */')
    out('#ifndef KLAMM_WIRE_MESSAGES_H\n#define KLAMM_WIRE_MESSAGES_H\n')
    out('#include "base/uuid.h"\n#include "wire/message.h"\n')
    requests = [message for message in messages if message.kind == 'request']
    out('enum api_key {')
    for message in sorted(requests, key=lambda message: message.key):
        out(f'\tAPI_KEY_{snake(message.name[:-len("Request")]).upper()} = {message.key},')
    out('};\n')
    for message in messages:
        first, last = message.versions
        out(f'/* {message.name}, versions {first} to {last} */')
        for struct in message.ordered:
            write_struct(message, struct, out)
        out(f'extern const struct message_type {snake(message.name)}_type;\n')
    out('#endif')


def range_comment(field, message):
    if field.versions == message.versions:
        return ''
    first, last = field.versions
    return f' /* {first}-{last} */' if first != last else f' /* {first} */'


def write_struct(message, struct, out):
    out(f'struct {c_struct(message, struct)} {{')
    for field in struct.fields:
        kind = c_type(message, field)
        if field.is_array:
            kind = f'WIRE_ARRAY({kind})'
        star = '*' if field.is_pointer else ''
        out(f'\t{kind} {star}{field.member};{range_comment(field, message)}')
    out('};')
    out(f'extern const struct {c_struct(message, struct)} {c_struct(message, struct)}_defaults;')


def write_table(messages, out):
    out('/* wire/messages_table.c: made by generate.py from messages.def; do not edit. */')
    out('#include "wire/messages.h"\n\n#include "wire/api_keys.h"')
    out('#include "wire/message_private.h"\n')
    out('#define EMPTY ((const uint8_t *)"")\n')
    for message in messages:
        for struct in message.ordered:
            write_descriptor(message, struct, out)
        write_type(message, out)
    out('const struct message_type *const message_types[] = {')
    for message in messages:
        out(f'\t&{snake(message.name)}_type,')
    out('\tNULL,\n};\n')
    out('const struct message_type *const message_types_by_key[][2] = {')
    for message in messages:
        if message.kind in ('request', 'response'):
            column = int(message.kind == 'response')
            out(f'\t[{message.key}][{column}] = &{snake(message.name)}_type,')
    out('};\n')
    out(f'const size_t message_types_by_key_count = {max(m.key for m in messages) + 1};\n')
    write_api_keys(messages, out)


def c_range(versions):
    return f'{{ {versions[0]}, {versions[1]} }}'


def write_descriptor(message, struct, out):
    name = c_struct(message, struct)
    out(f'const struct {name} {name}_defaults = {{ {defaults_of(message, struct)} }};')
    sizes = [minimum_size(message, struct, version) for version in range(message.versions[1] + 1)]
    out(f'static const uint16_t {name}_minimum_sizes[] = {{ {", ".join(map(str, sizes))} }};')
    out(f'static const struct message_field {name}_fields[] = {{')
    for field in struct.fields:
        base = 'FIELD_' + (BASIC[field.base][1] if field.struct is None else 'STRUCT')
        json_name = field.name[0].lower() + field.name[1:]
        flags = field.flags + (['FIELD_POINTER'] if field.is_pointer else [])
        inner = '&' + c_struct(message, field.struct) + '_struct' if field.struct else 'NULL'
        out(f'\t{{ "{json_name}", {inner}, offsetof(struct {name}, {field.member}),'
            f' {"FIELD_ARRAY" if field.is_array else base}, {base if field.is_array else 0},'
            f' {" | ".join(flags) or 0}, {field.tag}, {c_range(field.versions)},'
            f' {c_range(field.nullable)}, {c_range(field.tagged)} }},')
    out('};')
    out(f'static const struct message_struct {name}_struct = {{ "{struct.name}", {name}_fields,'
        f' &{name}_defaults, {name}_minimum_sizes, sizeof(struct {name}), {len(struct.fields)} }};')


def write_type(message, out):
    name = snake(message.name)
    out(f'const struct message_type {name}_type = {{ "{message.name}", &{name}_struct,'
        f' MESSAGE_{message.kind.upper()}, {message.key}, {c_range(message.versions)},'
        f' {c_range(message.flexible)} }};\n')


def write_api_keys(messages, out):
    """What a broker coordinated by ZooKeeper answers; unstable versions are left out."""
    served = [m for m in messages if m.kind == 'request' and 'zkBroker' in m.listeners]
    out('const struct api_key_info api_key_table[] = {')
    for message in sorted(served, key=lambda message: message.key):
        first, last = message.versions
        if message.unstable:
            last -= 1
        flexible = message.flexible[0] if message.flexible != NONE else 'INT16_MAX'
        name = message.name[:-len('Request')]
        out(f'\t{{ "{name}", {message.key}, {first}, {last}, {flexible} }},')
    out('};\n')
    out(f'const size_t api_key_count = {len(served)};')


def main():
    writers = {'header': write_header, 'table': write_table}
    if len(sys.argv) != 3 or sys.argv[1] not in writers:
        sys.exit(__doc__)
    output = []
    try:
        with open(sys.argv[2], encoding='ascii') as definition:
            messages = parse(definition.read().split('\n'))
        check_messages(messages)
        writers[sys.argv[1]](messages, output.append)
    except Mistake as mistake:
        sys.exit(f'{sys.argv[2]}:{mistake.line}: {mistake}')
    print('\n'.join(output))


if __name__ == '__main__':
    main()
