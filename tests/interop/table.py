"""What came of each row with each client: counted, and printed as a table."""
import threading
import traceback

from house import Failure


def explain(failure):
    return str(failure) if isinstance(failure, Failure) else "".join(traceback.format_exception(failure))


class Table:
    def __init__(self, clients, rows):
        self.clients, self.rows = clients, rows  # names; (key, title)
        self.cells, self.notes = {}, []
        self.passed = self.failed = 0
        self.lock = threading.Lock()

    def count(self, what, reason):
        """A check that passed, or did not for this reason."""
        with self.lock:
            if reason is None:
                self.passed += 1
                return
            self.failed += 1
            print("not so: " + what)
            print("\n".join("   | " + line for line in reason.splitlines()[-24:]), flush=True)

    def cell(self, key, client, reason=None):
        self.count("%s, %s" % (client, dict(self.rows)[key]), reason)
        self.cells[key, client] = "ok" if reason is None else "FAILED"

    def lacks(self, key, client, limitation):
        """An empty cell; the same limitation is the same footnote."""
        if limitation not in self.notes:
            self.notes.append(limitation)
        self.cells[key, client] = "[%d]" % (self.notes.index(limitation) + 1)

    def print(self, head):
        wide = max(len(title) for _, title in self.rows)
        names = ("%-*s" % (max(6, len(name)), name) for name in self.clients)
        print(("%-*s  %s" % (wide, head, "  ".join(names))).rstrip())
        for key, title in self.rows:
            cells = ("%-*s" % (max(6, len(name)), self.cells.get((key, name), "-")) for name in self.clients)
            print(("%-*s  %s" % (wide, title, "  ".join(cells))).rstrip())
        for i, note in enumerate(self.notes):
            print("[%d] %s" % (i + 1, note))

    def unfilled(self):
        return [(title, name) for key, title in self.rows for name in self.clients if (key, name) not in self.cells]
