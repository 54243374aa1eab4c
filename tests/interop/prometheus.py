"""Reads Prometheus' text format, and what is not in it is a failure; asks klammd over HTTP."""
import http.client
import os
import re

from house import Failure

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,?)')
PROMISED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../unit/metrics/promised")


class Page:
    """types: of families by name; values: {(name, frozenset of (label, value)): number}."""

    def __init__(self, text):
        self.types, self.values, self.family = {}, {}, None
        if not text.endswith("\n"):
            raise Failure("the page has no end")
        for line in text.splitlines():
            self.take(line)

    def take(self, line):
        if line.startswith("# HELP "):
            return
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            if name in self.types or kind not in ("counter", "gauge"):
                raise Failure("a family twice, or of no type: " + line)
            self.types[name] = kind
            self.family = name
            return
        name = NAME.match(line).group()
        labels, rest = self.labels(line[len(name):], line)
        key = (name, frozenset(labels.items()))
        if name != self.family or key in self.values or not re.fullmatch(r" -?[0-9.e+-]+", rest):
            raise Failure("no sample of the family before it: " + line)
        self.values[key] = float(rest)

    @staticmethod
    def labels(text, line):
        labels = {}
        if not text.startswith("{"):
            return labels, text
        text = text[1:]
        while not text.startswith("}"):
            match = LABEL.match(text)
            if match is None or match.group(1) in labels:
                raise Failure("no labels: " + line)
            labels[match.group(1)] = match.group(2)
            text = text[match.end():]
        return labels, text[1:]

    def value(self, name, **labels):
        """0 where there is no such sample: of topics and requests that were not seen yet."""
        if name not in self.types:
            raise Failure("there is no " + name)
        return self.values.get((name, frozenset(labels.items())), 0)

    def samples(self, name):
        return [(dict(labels), value) for (of, labels), value in self.values.items() if of == name]


def promised():
    """{name: (type, whether partitions have to be shown)}"""
    with open(PROMISED) as file:
        rows = [line.split() for line in file if not line.startswith("#")]
    return {row[0]: (row[1], len(row) > 2) for row in rows}


def ask(port, path, method="GET", headers=None, host="127.0.0.1"):
    """(status, body)"""
    connection = http.client.HTTPConnection(host, port, timeout=30)
    try:
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def scrape(port):
    status, body = ask(port, "/metrics")
    if status != 200:
        raise Failure("/metrics: %d %s" % (status, body))
    return Page(body)
