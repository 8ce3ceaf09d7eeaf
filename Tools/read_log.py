#!/usr/bin/env python3
"""Prints every event of a ledger, in order, as its canonical line (RFC 8785): Tools/read_log.py [--root] FOLDER
With --root, one line instead: the Merkle root (RFC 6962) over these lines, and their number. Written from LogFormat.md
alone, as a second opinion on the Swift code. For a ledger that nobody writes to, or a copy. The first thing that does
not hold, a torn tail too, ends it with a sentence and code 70."""
import functools, hashlib, io, itertools, json, pathlib, re, signal, struct, sys, time
KINDS = [kind.split() for kind in (  # the type, then the members that hold the code, the first and the second date
    "?|trial_started trial_type starts_on ends_on|trial_reactivated trial_type starts_on ends_on|trial_extended "
    "trial_type on ends_on|trial_ended trial_type on|trial_ended trial_type on|plan_changed plan starts_on ends_on|"
    "plan_changed plan starts_on|namespace_moved|namespace_moved|rules_activated").split("|")]
CRC = [functools.reduce(lambda c, _: c >> 1 ^ 0x82F63B78 * (c & 1), range(8), byte) for byte in range(256)]
class Number(str): pass  # a JSON number, in the characters it was written with
def check(holds, otherwise):
    if not holds: raise ValueError(otherwise)
def crc32c(data): return functools.reduce(lambda c, byte: CRC[(c ^ byte) & 255] ^ c >> 8, data, 0xFFFFFFFF) ^ 0xFFFFFFFF
def sha(*parts): return hashlib.sha256(b"".join(parts)).digest()
class Cursor(io.BytesIO):
    def take(self, count):
        check(len(found := self.read(count)) == count, "a field is cut short")
        return found
    def column(self, code, count): return struct.unpack(f"<{count}{code}", self.take(struct.calcsize(f"<{count}{code}")))
    def byte(self): return self.take(1)[0]
    def v(self): return (byte & 127) + 128 * self.v() if (byte := self.byte()) > 127 else byte
    def text(self): return self.take(self.v()).decode()
    def codes(self, count): return [self.take(self.byte()).decode("ascii") for _ in range(count)]
    def end(self): check(not self.read(1), "bytes are left behind the fields")
    def length(self, byte, full=15): return byte + self.length(self.byte(), 255) if byte == full else byte  # of LZ4
def lz4(stored, size):
    out, block = bytearray(), Cursor(stored)
    while True:
        out += block.take(block.length((token := block.byte()) >> 4))
        if block.tell() == len(stored): break  # the last sequence has no match
        offset, length = block.column("H", 1)[0], block.length(token & 15) + 4
        check(0 < offset <= len(out) and len(out) + length <= size, "a match of LZ4 is out of bounds")
        out += (out[-offset:][:length] * (length // offset + 1))[:length]
    check(len(out) == size, "an LZ4 block decodes to another size")
    return bytes(out)
def part(data, at, stored, size, checksum):  # of a file, decoded
    check(size <= 64 << 20 and crc32c(data[at:at + stored]) == checksum, "the checksum of a part does not hold")
    return lz4(data[at:at + stored], size) if stored < size else data[at:at + stored]
def canonical(value):
    if isinstance(value, list): return "[" + ",".join(map(canonical, value)) + "]"
    if not isinstance(value, dict): return value if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)
    names = sorted(value, key=lambda name: name.encode("utf-16-be"))
    return "{" + ",".join(canonical(name) + ":" + canonical(value[name]) for name in names) + "}"
def instant(ms): return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000)) + f".{ms % 1000:03}Z"
def day(number): return instant(number * 86_400_000)[:10]
def rows(details, count, is_sealed):  # version, time, the members of the command, and a cursor at the own fields
    details, when = Cursor(details), 0
    streams = [Cursor(details.take(size)) for size in (count, *details.column("I", 7))] if is_sealed else []
    for _ in range(count):
        flags, version, since, role, user, uuid, text, own = streams or [Cursor(details.take(details.v()))] * 8
        flag, number, when = flags.byte(), version.v(), when + since.v()
        if flag & 127 != 1: members = {}
        if flag & 2: members["actor"] = {"role": ("owner", "support", "billing", "system")[role.byte() - 1]}
        if flag & 4: members["actor"]["user_id"] = user.v()
        if flag & 16: members["command_id"] = re.sub("^(.{8})(.{4})(.{4})(.{4})", r"\1-\2-\3-\4-", uuid.take(16).hex())
        elif flag & 8: members["command_id"] = text.text()
        if flag & 32: members["reason"] = text.text()
        if flag & 64: members["source"] = {text.text(): text.text() for _ in range(text.byte())}
        yield number, when, members, Cursor(own.take(own.v() if flag & 128 else 0)) if is_sealed else own
    for cursor in (details, *streams): cursor.end()
class Log:
    size, time, peaks, identity, root = 0, 0, [], None, sha()
    def add(self, codes, columns, parents, rows):
        for namespace, kind, code, first, second, (version, when, members, own) in zip(*columns, rows, strict=True):
            name, *fields = KINDS[kind % 255]
            event = dict(members, type=name, position=self.size, namespace_id=namespace, version=version,
                         recorded_at=instant(when), **dict(zip(fields, (codes[code] if fields else 0, day(first), day(second)))))
            if kind == 3: event["previous_ends_on"] = day(own.column("H", 1)[0])
            if kind in (4, 5): event["cause"] = "converted" if kind == 4 else "cancelled"
            if kind in (8, 9): event["parent_id"] = next(parents) if kind == 8 else None
            if kind == 10: event.update({name: own.text() for name in ("rules_id", "rules_sha256", "rules")})
            if kind == 255: event.update({"type": own.text(), **json.loads(own.text(), parse_int=Number, parse_float=Number)})
            own.end()
            check(when >= self.time, "recorded_at goes back")
            node, size, self.time = sha(b"\0", line := canonical(event).encode()), self.size, when
            while size & 1: node, size = sha(b"\1", self.peaks.pop(), node), size >> 1
            self.size, self.peaks = self.size + 1, self.peaks + [node]
            "--root" in sys.argv or sys.stdout.buffer.write(line + b"\n")
    def end(self, *expected):
        self.root = functools.reduce(lambda node, peak: sha(b"\1", peak, node), self.peaks[::-1] or [sha()])
        check((self.root, self.time) == expected, "the root does not match the events")
    def header(self, data, magic, position):  # returns its size
        version, size, checksum, identity, *first = struct.unpack_from("<III16sQQ", data, 4)
        check(data[:4] == magic and version == 1 and 64 <= size <= len(data) and
              crc32c(data[:12] + data[16:size]) == checksum, "this is not a sound header of format version 1")
        self.identity, before = identity, [self.identity or identity, self.size, self.size, self.time, b"".join(self.peaks)]
        check([identity, position, *first, data[64:size]] == before, "it does not follow the one before")
        return size
    def fields(self, data, magic, at, end, form):  # of what has a checksum over the identity and itself
        found, checksum, *fields = struct.unpack_from("<4sI" + form, data, at)
        check(found == magic and crc32c(self.identity + data[at + 8:end]) == checksum, "the checksum does not hold")
        return fields
    def frame(self, data, at):  # returns its end
        end = at + 112 + struct.unpack_from("<H", data, at + 10)[0]
        kind, _, _, count, first, start, _, size, root, when, stored, *facts, length, whole, checksum = self.fields(
            data, b"TLF1", at, end, "BBHIQQQQ32sQ6I")
        check((first, start, size) == (self.size, at, first + count), "the frame was written for another place")
        facts, details = Cursor(part(data, end, stored, *facts)), part(data, end + stored, length, whole, checksum)
        if kind == 1:
            codes, columns = facts.codes(*facts.column("H", 1)), [facts.column(code, count) for code in "qBHHH"]
            self.add(codes, columns, iter(facts.column("q", columns[1].count(8))), rows(details, count, False))
        facts.end()
        check(kind == 1 or details == b"".join(self.peaks), "the seal does not match the events")
        self.end(root, when)
        return end + stored + length
    def sealed(self, data, at):  # returns its end
        start, end = len(data) - 8 - int.from_bytes(data[-8:-4], "little"), len(data) - 8
        count, when, root, _, blocks, regions, *_ = self.fields(data, b"TLD1", start, end, "QQ32sQ4I")
        directory, total = Cursor(data[start + 80:end]), self.size + count
        for offset, position, _ in [directory.column("Q", 3) for _ in range(blocks)]:
            size, count, *_, codes = struct.unpack_from("<II32xI", data, at + 8)
            first = self.fields(data, b"TLB1", at, at + size, "8xQ")
            check([offset, position, *first] == [at, self.size, self.size], "a block stands in another place")
            codes, columns, details = (table := Cursor(data[at + 52:at + size])).codes(codes), [[] for _ in range(6)], []
            at += size
            for chunk, column in itertools.product(range(0, count, 4096), columns):
                many = columns[1][chunk:].count(8) if column is columns[5] else min(4096, count - chunk)
                base, stored, checksum, width, flags = struct.unpack("<qIIBBxx", table.take(20))
                packed = Cursor(part(data, at, stored if flags else width * many, width * many, checksum))
                column += [base + int.from_bytes(packed.take(width), "little") for _ in range(many)]
                at += stored
            for chunk, (stored, size, checksum) in [(chunk, table.column("I", 3)) for chunk in range(0, count, 512)]:
                details += [rows(part(data, at, stored, size, checksum), min(512, count - chunk), True)]
                at += stored
            table.end()
            self.add(codes, columns[:5], iter(columns[5]), itertools.chain(*details))
        for checksum, size in [directory.column("I", 4)[1:2] + directory.column("Q", 1) for _ in range(regions)]:
            at += len(part(data, at, size, size, checksum))
        check((at, self.size, data[-4:]) == (start, total, b"TLE1"), "the directory does not match the file")
        self.end(root, when)
        return len(data)
if len(sys.argv) != 2 + ("--root" in sys.argv) or sys.argv[-1][0] == "-": sys.exit(print(__doc__, file=sys.stderr) or 64)
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
log, folder, place, at = Log(), pathlib.Path(sys.argv[-1]), sys.argv[-1], 0
try:
    paths = sorted((folder / "segments").iterdir(), reverse=True)  # of two with one name, that of frames counts
    names = {path.stem: path for path in paths if re.fullmatch("[0-9]{20}[.](frames|sealed)", path.name)}
    for place in sorted(names.values()):
        at, data, is_sealed = 0, place.read_bytes(), place.suffix == ".sealed"
        at = log.header(data, b"TLC1" if is_sealed else b"TLS1", int(place.stem))
        while at < len(data): at = (log.sealed if is_sealed else log.frame)(data, at)
    check(log.identity, "there is no segment")
    head = lock.read_bytes()[:56] if (lock := folder / "lock").exists() else b""
    holds = head[:8] == b"TLH1" + struct.pack("<I", crc32c(head[8:]))
    check(not holds or struct.unpack_from("<Q", head, 40)[0] <= log.size, "the log is shorter than its durable head says")
except (OSError, LookupError, ValueError, OverflowError, RecursionError, struct.error) as error:
    sys.exit(print(f"{place}, offset {at}, cannot be read: {error}.", file=sys.stderr) or 70)
if "--root" in sys.argv: print(log.root.hex(), log.size)
