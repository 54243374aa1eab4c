"""Disks and a clock that fail on demand, under one klammd: the knobs of shim.c, and what a power cut leaves."""
import mmap
import os
import shutil
import struct
import uuid

DISKS, KNOBS = 2, 7  # as shim.c has them
DIRTY = 1 << 18
NOTHING_DIRTY = (1 << 63) - 1
FULL, WRITES_FAIL, SYNCS_FAIL, REFUSED, FAILED, SYNC_US, HANGS = range(KNOBS)
IS_TOLD, FOR_DATA, FOR_NAMES = 1, 2, 4
ALWAYS = -1


class Shim:
    """`disks` are its log dirs, there at once, each a disk of its own."""

    def __init__(self, library, folder):
        self.library, self.folder, self.home = os.path.abspath(library), folder, os.path.join(folder, "shim")
        self.disks = [os.path.join(folder, str(number)) for number in range(DISKS)]
        for path in self.disks + [self.path("durable"), self.path("gone")]:
            os.makedirs(path)
        with open(self.path("knobs"), "wb") as file:
            file.truncate(8 + DISKS * KNOBS * 8)
        with open(self.path("knobs"), "r+b") as file:
            self.knobs = mmap.mmap(file.fileno(), 0)
        self.boot()

    def path(self, *names):
        return os.path.join(self.home, *names)

    def command(self, command):
        return ["env", "LD_PRELOAD=" + self.library, "KLAMM_FAULT_DISKS=" + self.folder,
                "KLAMM_FAULT_SHIM=" + self.home] + command

    def boot(self):
        with open(self.path("boot_id"), "w", encoding="ascii") as file:
            file.write(str(uuid.uuid4()) + "\n")

    def set_clock(self, seconds):
        struct.pack_into("=q", self.knobs, 0, int(seconds * 1000))

    def set(self, knob, value, disks=range(DISKS)):
        for disk in disks:
            struct.pack_into("=q", self.knobs, 8 + (disk * KNOBS + knob) * 8, value)

    def sum(self, knob):
        return sum(struct.unpack_from("=q", self.knobs, 8 + (disk * KNOBS + knob) * 8)[0] for disk in range(DISKS))

    def mend(self):
        for knob in (FULL, WRITES_FAIL, SYNCS_FAIL, HANGS):
            self.set(knob, 0)

    # ---------------------------------------------------------------- power

    def cut_power(self, draw):
        """
        Of a machine whose processes are dead: what was never synced goes. A draw says whether names that were not
        synced go too, and of each file whether all, a part or nothing of its unsynced end has come to the disk.
        """
        Remains(self, draw).take_place()
        self.boot()


class Remains:
    def __init__(self, shim, draw):
        self.shim, self.draw = shim, draw
        self.mode = draw.choice(("synced", "synced", "names", "some"))

    def take_place(self):
        for disk in self.shim.disks:
            self.restore(disk, os.stat(disk).st_ino, disk + ".new")
        for name in ("durable", "gone"):
            shutil.rmtree(self.shim.path(name))
            os.mkdir(self.shim.path(name))
        for disk in self.shim.disks:
            shutil.rmtree(disk)
            os.rename(disk + ".new", disk)
        self.know_all_as_durable()

    def names(self, live, inode):
        """[(is a directory, inode, name)]"""
        if self.mode != "synced" and live is not None:
            with os.scandir(live) as entries:
                return [(entry.is_dir(), entry.inode(), entry.name) for entry in entries]
        try:
            with open(self.shim.path("durable", f"{inode}.names"), encoding="utf-8") as file:
                lines = [line.rstrip("\n").split(" ", 2) for line in file]
        except FileNotFoundError:
            return []
        return [(kind == "d", int(number), name) for kind, number, name in lines]

    def restore(self, live, inode, to):
        """`live`: the directory as processes saw it last; None: it is not there any more."""
        os.mkdir(to)
        for is_folder, number, name in self.names(live, inode):
            found = self.find(live, name, number)
            if is_folder:
                self.restore(found, number, os.path.join(to, name))
            else:
                self.restore_file(found, number, os.path.join(to, name))

    def find(self, live, name, inode):
        """Where that inode is now."""
        for path in ([os.path.join(live, name)] if live else []) + [self.shim.path("gone", str(inode))]:
            if os.path.lexists(path) and os.stat(path).st_ino == inode:
                return path
        return None

    def restore_file(self, live, inode, to):
        durable, kept = self.shim.path("durable", str(inode)), 0
        if os.path.exists(durable):
            shutil.copyfile(durable, to)
            kept = os.path.getsize(to)
        else:
            open(to, "wb").close()
        if self.mode != "some" or live is None or os.path.getsize(live) <= kept:
            return
        more = self.draw.choice((0, self.draw.randrange(os.path.getsize(live) - kept + 1), NOTHING_DIRTY))
        with open(live, "rb") as source, open(to, "ab") as file:
            source.seek(kept)
            file.write(source.read(more if more != NOTHING_DIRTY else -1))

    def know_all_as_durable(self):
        """After a start of the machine a file is what the disk has."""
        table = {}
        for disk in self.shim.disks:
            for folder, folders, files in os.walk(disk):
                with open(self.shim.path("durable", f"{os.stat(folder).st_ino}.names"), "w", encoding="utf-8") as out:
                    for kind, name in [("d", it) for it in folders] + [("f", it) for it in files]:
                        path = os.path.join(folder, name)
                        inode = os.stat(path).st_ino
                        out.write(f"{kind} {inode} {name}\n")
                        if kind == "f":
                            shutil.copyfile(path, self.shim.path("durable", str(inode)))
                            place = inode % DIRTY
                            while place in table:
                                place = (place + 1) % DIRTY
                            table[place] = inode
        with open(self.shim.path("dirty"), "wb") as file:
            file.truncate(DIRTY * 16)
            for place, inode in table.items():
                file.seek(place * 16)
                file.write(struct.pack("=Qq", inode, NOTHING_DIRTY))
