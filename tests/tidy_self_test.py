#!/usr/bin/env python3
"""Shows that each rule of tests/tidy can fail: small bad trees, and what must be said of each."""

import importlib.machinery
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

HERE = os.path.dirname(os.path.abspath(__file__))
LOADER = importlib.machinery.SourceFileLoader("tidy", os.path.join(HERE, "tidy"))
tidy = importlib.util.module_from_spec(importlib.util.spec_from_loader("tidy", LOADER))
LOADER.exec_module(tidy)

# A tree that keeps every rule.
GOOD = {
    "Makefile.am": "include src/base/Makefile.inc\ninclude src/wire/Makefile.inc\ninclude tests/unit/Makefile.inc\n",
    "src/base/README": "base: bytes\n",
    "src/base/Makefile.inc": "libklamm_a_SOURCES += \\\n\tsrc/base/x.c \\\n\t%reldir%/x.h\n",
    "src/base/x.h": "int\nx(void);\n",
    "src/base/x.c": '#include "base/x.h"\n#include <stdio.h>\n\nint\nx(void)\n{\n\treturn 1;\n}\n',
    "src/wire/README": "wire: the codec\n",
    "src/wire/Makefile.inc": "libklamm_a_SOURCES += src/wire/y.c\n",
    "src/wire/y.c": '#include "base/x.h"\n',
    "tests/unit/Makefile.inc": "tests_unit_unit_SOURCES = tests/unit/base/x_test.c tests/unit/wire/y_test.c\n",
    "tests/unit/base/x_test.c": '#include "base/x.h"\n\nTest(x, is_one)\n{\n}\n',
    "tests/unit/wire/y_test.c": '#include "wire/y_private.h"\n',
    "tests/tidy.allow": "# nothing\n",
}


def long_function(head, lines):
    """A function of so many lines, counted from the line of its name to its closing brace."""
    return f"int\n{head}\n{{\n" + "\tx();\n" * (lines - 3) + "}\n"


def wire(source):
    return {"src/wire/y.c": source}


# What is changed in the good tree (None: the file is taken away), and what tidy must say of it.
TEXT_CASES = {
    "a lower room includes a higher one":
        ({"src/base/x.c": '#include "wire/y.h"\n'}, "src/base/x.c:1: base may not include wire"),
    "rooms of one level include each other":
        (wire('#include "zk/path.h"\n'), "wire may not include zk"),
    "angle brackets do not hide an arrow":
        ({"src/base/x.c": "#  include <world/disk.h>\n"}, "base may not include world"),
    "another room's private header":
        (wire('\n#include "base/x_private.h"\n'), "src/wire/y.c:2: base/x_private.h is private to base"),
    "a header reached without its room":
        (wire('#include "../base/x.h"\n'), "does not start with a room"),
    "a room that nobody knows":
        ({"src/cellar/a.c": "\n"}, "cellar is not a room"),
    "the tool includes a room that it may not":
        ({"src/klamm/a.c": '#include "group/group.h"\n'}, "klamm may not include group"),
    "a file of 601 lines":
        (wire("\n" * 601), "src/wire/y.c: 601 lines, more than 600"),
    "a script without an extension counts too":
        ({"check": "#!/bin/sh\n" + "\n" * 600}, "check: 601 lines, more than 600"),
    "a function of 61 lines":
        (wire(long_function("far(void)", 61)), "src/wire/y.c:far: 61 lines, more than 60"),
    "arguments on several lines":
        (wire(long_function("far(int a,\n\tint (*b)(void))", 62)), "src/wire/y.c:far: 63 lines"),
    "a long test":
        ({"tests/unit/base/x_test.c": long_function("Test(x, runs_far)", 70)}, "x_test.c:x.runs_far: 70 lines"),
    "a brace in both halves of an #if":
        (wire("int\na(void)\n{\n#if A\n\tif (a) {\n#else\n\tif (b) {\n#endif\n\t}\n}\n" + long_function("far(void)", 61)),
         "src/wire/y.c:far: 61 lines"),
    "a size above what is allowed":
        ({**wire("\n" * 700), "tests/tidy.allow": "src/wire/y.c 699\n"}, "lets it have 699"),
    "a size below what is allowed":
        ({**wire("\n" * 700), "tests/tidy.allow": "src/wire/y.c 701\n"}, "lower its 701"),
    "an allowance for what is within the limit":
        ({"tests/tidy.allow": "src/wire/y.c:far 70\n"}, "tests/tidy.allow: src/wire/y.c:far is within the limit"),
    "a room without README":
        ({"src/wire/README": None}, "src/wire has no README"),
    "a room without Makefile.inc":
        ({"src/wire/Makefile.inc": None, "Makefile.am": "include src/base/Makefile.inc\n"}, "src/wire has no Makefile.inc"),
    "a Makefile.inc that nobody includes":
        ({"Makefile.am": "include src/base/Makefile.inc\ninclude tests/unit/Makefile.inc\n"},
         "src/wire/Makefile.inc: no Makefile includes it"),
    "a dead file":
        ({"src/base/old.c": "\n"}, "src/base/old.c: no Makefile.inc names it"),
    "a file named only in a comment is dead":
        ({"src/base/old.h": "\n", "src/wire/Makefile.inc": "# src/base/old.h\nA = src/wire/y.c\n"},
         "src/base/old.h: no Makefile.inc names it"),
    "a name without a file":
        ({"src/wire/Makefile.inc": "libklamm_a_SOURCES += src/wire/y.c src/wire/gone.c\n"}, "src/wire/gone.c: named in"),
    "a source file without a test":
        ({"tests/unit/wire/y_test.c": None}, "src/wire/y.c: has no tests/unit/wire/y_test.c"),
    "an excuse for a file that has a test":
        ({"tests/tidy.allow": "untested src/wire/y.c it is too small\n"}, "src/wire/y.c has a test now"),
    "an excuse for a file that is gone":
        ({"tests/tidy.allow": "untested src/wire/z.c it was too small\n"}, "src/wire/z.c is gone"),
    "a banned call":
        (wire("\tstrcpy (a, b);\n"), "src/wire/y.c:1: strcpy is banned"),
    "a test that nobody would miss":
        ({"tests/unit/base/x_test.c": "Test(x, is_one, .disabled = true)\n"}, "is not skipped silently"),
    "a request that README does not list":
        ({"src/api/table.h": "#define API_TABLE(X) \\\n\tX(Produce, 0, 0, 11, produce, api_produce)\n",
          "README": "klamm\n\nServed requests: Produce 0-10.\n"},
         "README: its list of served requests is not src/api/table.h's"),
    "a README without the list":
        ({"src/api/table.h": "#define API_TABLE(X) \\\n\tX(Produce, 0, 0, 11, produce, api_produce)\n"},
         "README: its list of served requests is not src/api/table.h's"),
    "a test that is named and is not there":
        ({"tests/FAULTS": "head\n\nF1  a fault\n    unit x/is_one, unit x/is_two\n"}, "unit x/is_two is not there"),
    "a mark that is named and is not there":
        ({"tests/FAULTS": "head\n\nF1  a fault\n    sim cluster \"a fault\n    is met\"\n"},
         'sim cluster "a fault is met" is not there'),
    "a promise for later":
        (wire("/* TO" + "DO: more */\n"), "do it, or open an issue"),
    "a promise in a README":
        ({"src/wire/README": "wire\nFIX" + "ME\n"}, "src/wire/README:2:"),
    "a folder of one machine":
        ({"check": "#!/bin/sh\ncd /wo" + "rk/main\n"}, "check:2: /work/ is a place"),
}

# What a function may hold without being wrong.
FINE_CASES = {
    "the good tree": {},
    "a file of 600 lines and a function of 60":
        wire(long_function("far(void)", 60) + "\n" * 539),
    "a long table and a long struct":
        wire("struct a {\n" + "\tint a;\n" * 70 + "};\nint b[] = {\n" + "\t1,\n" * 70 + "};\n"),
    "braces and banned words in strings and comments":
        wire('/* strcpy(a, b) { { */\nchar *a = "{ { sprintf(";\nchar c = \'{\';\n// {\n' + long_function("far(void)", 40)),
    "a size that is allowed":
        {**wire("\n" * 700), "tests/tidy.allow": "src/wire/y.c 700\n"},
    "an excuse that is needed":
        {"tests/unit/wire/y_test.c": None, "tests/unit/Makefile.inc": "A = tests/unit/base/x_test.c\n",
         "tests/tidy.allow": "untested src/wire/y.c a table without code\n"},
    "a log that includes wire":
        {**wire(""), "src/log/README": "log\n", "src/log/Makefile.inc": "A = src/log/log.h\n", "src/log/log.h":
         '#include "wire/y.h"\n', "Makefile.am": GOOD["Makefile.am"] + "include src/log/Makefile.inc\n"},
    "a generated file may be long, and tests are not asked for":
        {"src/wire/Makefile.inc": "libklamm_a_SOURCES += src/wire/y.c src/wire/made.c\nBUILT_SOURCES += src/wire/made.c\n",
         "src/wire/made.c": "\n" * 1000},
    "names that only look like banned ones":
        wire("\tmy_strcpy(a, b);\n\tsnprintf(a, b);\n\tout->gets(a);\n\tchar t[] = \"/tmp/XXX" + "XXX\";\n"),
}

# What machines call: C source, and what must be said; None where it is fine.
MACHINE_CASES = {
    "the clock": ("#include <time.h>\nlong f(void) { return (long)time(0); }\n", "calls time: a machine has no clock"),
    "randomness": ("#include <stdlib.h>\nlong f(void) { return random(); }\n", "calls random: a machine has no random"),
    "a thread": ("#include <pthread.h>\nint f(void *m) { return pthread_mutex_lock(m); }\n", "a machine has no thread"),
    "a socket": ("#include <sys/socket.h>\nint f(void) { return socket(1, 1, 0); }\n", "a machine has no socket"),
    "a file": ("#include <fcntl.h>\nint f(void) { return open(\"a\", 0); }\n", "a machine has no file"),
    "a file, large": ("#define _FILE_OFFSET_BITS 64\n#include <unistd.h>\n"
                      "long f(char *b, long at) { return pread(0, b, 1, at); }\n", "calls pread"),
    "a file, checked": ("long __read_chk(int, void *, unsigned long, unsigned long);\n"
                        "long f(char *b) { return __read_chk(0, b, 1, 1); }\n", "calls __read_chk: a machine has no file"),
    "output": ("#include <stdio.h>\nvoid f(void) { printf(\"hello\\n\"); }\n", "calls puts: a machine has no stdio"),
    "errors told to a stream": ("#include <stdio.h>\nvoid f(int a) { fprintf(stderr, \"%d\", a); }\n", "calls stderr"),
    "the environment": ("#include <stdlib.h>\nchar *f(void) { return getenv(\"A\"); }\n", "a machine has no environment"),
    "sleep": ("#include <unistd.h>\nvoid f(void) { sleep(1); }\n", "calls sleep: a machine has no clock"),
    "only memory and text": ("#include <assert.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n"
                             "char *f(int a) { char *b = malloc(9); assert(a); snprintf(b, 9, \"%d\", a); return b; }\n", None),
}


def plant(folder, changes):
    for path, text in {**GOOD, **changes}.items():
        if text is not None:
            os.makedirs(os.path.join(folder, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
                file.write(text)


def complaints(changes, compile_it=False):
    """What tidy says of the good tree with these changes."""
    with tempfile.TemporaryDirectory(prefix="tidy.") as folder:
        plant(folder, changes)
        rules = [rule for rule in tidy.RULES if rule is not tidy.machines]
        if compile_it:
            rules = [tidy.machines]
            build(folder)
        tree = tidy.Tree(folder, folder)
        return [complaint for rule in rules for complaint in rule(tree)]


def build(folder):
    with open(os.path.join(folder, "config.status"), "w", encoding="utf-8"):
        pass
    for inside, _, names in os.walk(os.path.join(folder, "src")):
        for name in names:
            if name.endswith(".c"):
                command = [compiler(), "-O2", "-I" + folder + "/src", "-c", name, "-o", name[:-2] + ".o"]
                subprocess.run(command, cwd=inside, check=True)


def compiler():
    return next(name for name in (os.environ.get("CC", "cc").split()[0], "cc", "gcc", "clang") if shutil.which(name))


def missing_object():
    """An object that was not built is not taken for one that keeps the rule."""
    with tempfile.TemporaryDirectory(prefix="tidy.") as folder:
        plant(folder, {})
        build(folder)
        os.unlink(os.path.join(folder, "src/wire/y.o"))
        return list(tidy.machines(tidy.Tree(folder, folder)))


def main():
    passed = failed = 0

    def judge(name, said, wanted):
        nonlocal passed, failed
        good = any(wanted in line for line in said) if wanted else not said
        passed, failed = passed + good, failed + (not good)
        if not good:
            print(f"tidy_self_test: {name}: wanted {wanted!r}, tidy says {said}")

    for name, (changes, wanted) in TEXT_CASES.items():
        judge(name, complaints(changes), wanted)
    for name, changes in FINE_CASES.items():
        judge(name, complaints(changes), None)
    for name, (source, wanted) in MACHINE_CASES.items():
        judge("a machine: " + name, complaints(wire(source), compile_it=True), wanted)
    reads_clock = MACHINE_CASES["the clock"][0]
    judge("world may call all of it", complaints(
        {"src/world/clock.c": reads_clock, "src/wire/Makefile.inc": "libklamm_a_SOURCES += src/world/clock.c\n"},
        compile_it=True), None)
    judge("a missing object", missing_object(), "src/wire/y.c: no object of it was built")
    print(f"tidy_self_test: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
