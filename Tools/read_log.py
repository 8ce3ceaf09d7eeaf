#!/usr/bin/env python3
"""Prints every event of a ledger, in order, as its canonical line (RFC 8785).

usage: Tools/read_log.py [--root] FOLDER
  --root   prints one line instead: the Merkle root (RFC 6962) over these lines, and their number

Written from LogFormat.md alone and with Python 3.9 alone, as a second opinion on the Swift code.
The first checksum, chain field or root that does not hold ends it with one sentence and exit code
70. A torn tail is refused too. Of a ledger that is being written it reads up to the durable head.
"""
import fcntl, hashlib, json, os, re, struct, sys
from datetime import datetime, timedelta

KINDS = {  # the type, then the members that hold the code, the first and the second date
    1: "trial_started trial_type starts_on ends_on", 2: "trial_reactivated trial_type starts_on ends_on",
    3: "trial_extended trial_type on ends_on", 4: "trial_ended trial_type on", 5: "trial_ended trial_type on",
    6: "plan_changed plan starts_on ends_on", 7: "plan_changed plan starts_on",
    8: "namespace_moved", 9: "namespace_moved", 10: "rules_activated", 255: "?"}
ROLES = {1: "owner", 2: "support", 3: "billing", 4: "system"}
CRC = list(range(256))
for _ in range(8): CRC = [c >> 1 ^ 0x82F63B78 * (c & 1) for c in CRC]

class Damaged(Exception): pass
class Number(str): pass  # a JSON number, in the characters it was written with

def check(holds, otherwise):
    if not holds: raise Damaged(otherwise)

def crc32c(data):
    c = 0xFFFFFFFF
    for byte in data: c = CRC[(c ^ byte) & 255] ^ c >> 8
    return c ^ 0xFFFFFFFF

class Cursor:
    def __init__(self, data): self.data, self.at = data, 0
    def take(self, count):
        self.at += count
        check(self.at <= len(self.data), "a field is cut short")
        return self.data[self.at - count:self.at]
    def column(self, code, count): return struct.unpack(f"<{count}{code}", self.take(struct.calcsize(f"<{count}{code}")))
    def byte(self): return self.take(1)[0]
    def v(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value, shift = value | (byte & 127) << shift, shift + 7
            if byte < 128: break
        check(value < 1 << 64 and (byte or shift == 7), "an integer is not in its shortest form")
        return value
    def text(self): return self.take(self.v()).decode()
    def length(self, nibble):  # of LZ4
        while nibble >= 15 and (byte := self.byte()) == 255: nibble += 255
        return nibble + byte if nibble >= 15 else nibble

def lz4(block, size):
    out, block = bytearray(), Cursor(block)
    while True:
        token = block.byte()
        out += block.take(block.length(token >> 4))
        if block.at == len(block.data): break
        offset, length = block.column("H", 1)[0], block.length(token & 15) + 4
        check(0 < offset <= len(out) and len(out) + length <= size, "a match is out of bounds")
        start = len(out) - offset
        out += (out[start:start + length] * (length // offset + 1))[:length]
    check(len(out) == size, "an LZ4 block decodes to another size")
    return bytes(out)

def canonical(value):
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(canonical(name) + ":" + canonical(value[name]) for name in names) + "}"
    if isinstance(value, list): return "[" + ",".join(map(canonical, value)) + "]"
    return value if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)

def instant(**since): return (datetime(1970, 1, 1) + timedelta(**since)).isoformat(timespec="milliseconds") + "Z"
def day(number): return instant(days=number)[:10]

def shared(row, flags):  # what the events of one command have in common
    members, actor = {}, {}
    if flags & 2: actor["role"] = ROLES[row.byte()]
    if flags & 4: actor["user_id"] = row.v()
    if actor: members["actor"] = actor
    if flags & 16: members["command_id"] = re.sub("^(.{8})(.{4})(.{4})(.{4})", r"\1-\2-\3-\4-", row.take(16).hex())
    elif flags & 8: members["command_id"] = row.text()
    if flags & 32: members["reason"] = row.text()
    if flags & 64: members["source"] = {row.text(): row.text() for _ in range(row.byte())}
    return members

def events(position, count, facts, details):
    facts, rows, time, common = Cursor(facts), Cursor(details), 0, None
    codes = [facts.take(facts.byte()).decode("ascii") for _ in range(facts.column("H", 1)[0])]
    columns = [facts.column(code, count) for code in "qBHHH"]
    parents = iter(facts.column("q", columns[1].count(8)))
    for index, (namespace, kind, code, first, second) in enumerate(zip(*columns)):
        row = Cursor(rows.take(rows.v()))
        flags, version, time = row.byte(), row.v(), time + row.v()
        if flags != 1: common = shared(row, flags)
        name, *members = KINDS[kind].split()
        event = {"position": position + index, "namespace_id": namespace, "version": version,
                 "recorded_at": instant(milliseconds=time), "type": name, **common}
        event.update(zip(members, (codes[code] if members else 0, day(first), day(second))))
        if kind == 3: event["previous_ends_on"] = day(row.column("H", 1)[0])
        if kind in (4, 5): event["cause"] = "converted" if kind == 4 else "cancelled"
        if kind in (8, 9): event["parent_id"] = next(parents) if kind == 8 else None
        if kind == 10: event.update((name, row.text()) for name in ("rules_id", "rules_sha256", "rules"))
        if kind == 255: event.update(type=row.text(), **json.loads(row.text(), parse_int=Number, parse_float=Number))
        check(row.at == len(row.data), "bytes are left behind a row")
        yield canonical(event).encode(), time
    check(facts.at == len(facts.data) and rows.at == len(rows.data), "bytes are left behind the events")

def sha(*parts): return hashlib.sha256(b"".join(parts)).digest()

class Tree:
    def __init__(self): self.size, self.peaks = 0, []
    def append(self, line):
        node, size = sha(b"\0", line), self.size
        while size & 1: node, size = sha(b"\1", self.peaks.pop(), node), size >> 1
        self.peaks.append(node)
        self.size += 1
    def root(self):
        node = self.peaks[-1] if self.peaks else sha()
        for peak in self.peaks[-2::-1]: node = sha(b"\1", peak, node)
        return node

def header(data, known, tree, time):
    check(data[:4] == b"TLS1" and len(data) >= 64, "it does not begin with a segment header")
    version, size, checksum, identity, first, then = struct.unpack_from("<III16sQQ", data, 4)
    check(version == 1, f"version {version} of the format is not known here")
    check(size == 64 + 32 * bin(first).count("1") <= len(data), "the segment header's size is wrong")
    check(crc32c(data[:12] + data[16:size]) == checksum, "the segment header's checksum does not hold")
    check(known in (None, identity) and (first, then) == (tree.size, time), "it does not follow the file before")
    check(data[64:size] == b"".join(tree.peaks), "its peaks are not those of the events before")
    return identity, size

def frame(data, at, identity, tree, time, show):
    check(data[at:at + 4] == b"TLF1" and len(data) >= at + 112, "what stands there is not a frame")
    (checksum, kind, flags, mark, count, first, start, synced, size, root, last, *sections) = struct.unpack_from(
        "<IBBHIQQQQ32sQ6I", data, at + 4)
    end, decoded = at + 112 + mark, []
    check(crc32c(identity + data[at + 8:end]) == checksum, "the frame header's checksum does not hold")
    check((start, first, size) == (at, tree.size, first + count) and synced <= at, "the frame was written for another place")
    for stored, whole, checksum in (sections[:3], sections[3:]):
        body, end = data[end:end + stored], end + stored
        check(whole <= 64 << 20 and crc32c(body) == checksum, "the checksum of a section does not hold")
        decoded.append(lz4(body, whole) if stored < whole else body)
    rows = list(events(first, count, *decoded)) if kind == 1 else []
    for line, then in rows:
        check(then >= time, "recorded_at goes back")
        time = then
        tree.append(line)
    check(kind == 1 or decoded == [b"", b"".join(tree.peaks)], "the seal is not that of the events")
    check((tree.root(), time) == (root, last), "the root or recorded_at is not that of the events")
    for line, _ in rows: show(line)
    return time, end

def read(folder, show):
    tree, time, identity, segment, stop, held = Tree(), 0, None, None, None, False
    names = sorted(name for name in os.listdir(folder + "/segments") if re.fullmatch(r"\d{20}\.frames", name))
    check(names, "there are no segments")
    ...
