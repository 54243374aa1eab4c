#!/usr/bin/env python3
"""src/wire/generate.py takes what is right and names the line of what is not."""

import os
import subprocess
import sys
import tempfile

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', '..')
GENERATE = os.path.join(TOP, 'src', 'wire', 'generate.py')

GOOD = '''\
# a comment
request 7 ThingRequest versions=0-4 flexible=2+ listeners=zkBroker
  Name string 0+ null=1+
  isKRaft bool 4 default=true
  Parts []Part 1+ null=1+ default=null
    Id uuid 1+ key
    Size int64 1+ tag=0@2+ default=-1
response 7 ThingResponse versions=0-4 flexible=2+
  Detail Detail 0+
  struct Detail 0+
    Code int16 0+
data - Stored versions=1 flexible=none
  Value bytes 1 null=1 default=null ign
'''

# line of GOOD to replace, by what, the line that the complaint names, a part of it
MISTAKES = (
    (2, 'thing 7 ThingRequest versions=0-4 flexible=2+', 2, 'expected KIND'),
    (2, 'request x ThingRequest versions=0-4 flexible=2+', 2, 'not a key'),
    (2, 'request 7 Thing versions=0-4 flexible=2+', 2, 'ends in Request'),
    (2, 'request 7 ThingRequest versions=0+ flexible=2+', 2, 'needs a last version'),
    (2, 'request 7 ThingRequest versions=4-0 flexible=2+', 2, 'empty or absurd'),
    (2, 'request 7 ThingRequest versions=0-4 flexible=2-3', 2, 'last version must be flexible'),
    (2, 'request 7 ThingRequest versions=0-4 flexible=2+ colour=red', 2, 'unknown or repeated'),
    (2, 'request 7 ThingRequest versions=0-5 flexible=2+', 2, 'no response of its versions'),
    (3, '  Name string', 3, 'expected FIELD TYPE VERSIONS'),
    (3, '  Name text 0+', 3, 'unknown type'),
    (3, '  Name Text 0+', 3, 'no struct Text'),
    (3, '  Name string 5+', 3, 'empty or absurd'),
    (3, '  Name string 5-6', 3, 'no version of the message'),
    (3, '  Name string 0+ nill=1+', 3, 'unknown "nill=1+"'),
    (3, '  Name string 0+ default=null', 3, 'not every version allows it'),
    (3, '  Name string 0+ tag=0@1+', 3, 'not flexible'),
    (3, '  Name string 0+ tag=0', 3, 'not NUMBER@VERSIONS'),
    (3, '  switch string 0+', 3, 'keyword of C'),
    (3, '   Name string 0+', 3, 'two spaces'),
    (3, '\tName string 0+', 3, 'two spaces'),
    (3, '    Name string 0+', 3, 'two spaces'),
    (3, '  Name []records 0+', 3, 'cannot hold records'),
    (4, '  name bool 4', 4, 'has a field name already'),
    (4, '  isKRaft bool 4 default=maybe', 4, 'not a default'),
    (4, '  isKRaft bool 4 null=4', 4, 'cannot be null'),
    (4, '  isKRaft int8 4 default=128', 4, 'not a default'),
    (5, '  Parts []int32 1+', 6, 'is no struct'),
    (5, '  Parts Part 1+ null=1+', 5, 'has the default null'),
    (6, '    Id Part 1+', 5, 'contains itself'),
    (6, '    Id uuid 1+ tag=0@2+', 7, 'has a tag 0 already'),
    (8, 'response 8 ThingResponse versions=0-4 flexible=2+', 2, 'no response'),
    (9, '  Detail int32 0+', 10, 'no field uses'),
    (10, '  struct Detail', 10, 'expected struct NAME VERSIONS'),
    (11, '', 10, 'has no fields'),
    (12, 'data 3 Stored versions=1 flexible=none', 12, 'not a key for a data'),
    (12, 'response 7 OtherResponse versions=1 flexible=none', 12, 'there already'),
)

failures = []


def generate(kind, text):
    with tempfile.NamedTemporaryFile('w', suffix='.def') as definition:
        definition.write(text)
        definition.flush()
        run = subprocess.run([sys.executable, GENERATE, kind, definition.name],
                             capture_output=True, text=True, check=False)
    return run.returncode, run.stdout, run.stderr.replace(definition.name, 'x.def')


def expect(truth, what):
    if not truth:
        failures.append(what)
        print(f'FAIL: {what}')


def check_good():
    status, header, complaint = generate('header', GOOD)
    expect(status == 0 and not complaint, f'the good definition: {complaint}')
    for line in ('\tWIRE_ARRAY(struct thing_request_part) parts; /* 1-4 */',
                 '\tbool is_kraft; /* 4 */', '\tAPI_KEY_THING = 7,',
                 '\tstruct thing_response_detail detail;'):
        expect(line in header.split('\n'), f'the header has {line}')
    status, table, _ = generate('table', GOOD)
    expect(status == 0, 'the table of the good definition')
    # 2 flexible: 1 compact name, 1 compact array, 1 tag section; 4 has a bool more
    expect('thing_request_minimum_sizes[] = { 2, 6, 3, 3, 4 };' in table, 'smallest sizes')
    expect('thing_request_part_minimum_sizes[] = { 0, 24, 17, 17, 17 };' in table,
           'smallest sizes without a tagged field')
    expect('.parts = { NULL, -1 }' in table and '.is_kraft = true' in table, 'defaults')


def check_mistakes():
    for number, replacement, line, part in MISTAKES:
        lines = GOOD.split('\n')
        lines[number - 1] = replacement
        status, output, complaint = generate('table', '\n'.join(lines))
        expect(status == 1 and not output and complaint.startswith(f'x.def:{line}: ')
               and part in complaint, f'{replacement!r}: {complaint.strip() or "taken"}')


check_good()
check_mistakes()
print(f'generate_test: {len(MISTAKES) + 8 - len(failures)} passed, {len(failures)} failed')
sys.exit(1 if failures else 0)
