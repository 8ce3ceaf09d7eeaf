#!/usr/bin/env python3
"""Prints every event of a ledger, in order, as its canonical line (RFC 8785).

usage: Tools/read_log.py [--root] FOLDER
  --root   prints one line instead: the Merkle root (RFC 6962) over these lines, and their number
Written from LogFormat.md alone, as a second opinion on the Swift code. For a ledger that nobody writes
to, or a copy. The first thing that does not hold, a torn tail too, ends it with a sentence and code 70."""
import hashlib, json, re, signal, struct, sys
from datetime import datetime, timedelta
from functools import reduce
from pathlib import Path

KINDS = {  # the type, then the members that hold the code, the first and the second date
    1: "trial_started trial_type starts_on ends_on", 2: "trial_reactivated trial_type starts_on ends_on",
    3: "trial_extended trial_type on ends_on", 4: "trial_ended trial_type on", 5: "trial_ended trial_type on",
    6: "plan_changed plan starts_on ends_on", 7: "plan_changed plan starts_on",
    8: "namespace_moved", 9: "namespace_moved", 10: "rules_activated", 255: "?"}
CRC = [reduce(lambda c, _: c >> 1 ^ 0x82F63B78 * (c & 1), range(8), byte) for byte in range(256)]

class Number(str): pass  # a JSON number, in the characters it was written with
def check(holds, otherwise):
    if not holds: raise ValueError(otherwise)
def crc32c(data): return reduce(lambda c, byte: CRC[(c ^ byte) & 255] ^ c >> 8, data, 0xFFFFFFFF) ^ 0xFFFFFFFF
def sha(*parts): return hashlib.sha256(b"".join(parts)).digest()
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
        while (byte := self.byte()) > 127: value, shift = value | (byte & 127) << shift, shift + 7
        return value | byte << shift
    def text(self): return self.take(self.v()).decode()
    def length(self, nibble):  # of LZ4
        while nibble >= 15 and (byte := self.byte()) == 255: nibble += 255
        return nibble + byte if nibble >= 15 else nibble

def lz4(block, size):
    out, block = bytearray(), Cursor(block)
    while True:
        token = block.byte()
        out += block.take(block.length(token >> 4))
        if block.at == len(block.data): break  # the last sequence has no match
        offset, length = block.column("H", 1)[0], block.length(token & 15) + 4
        start = len(out) - offset
        check(0 <= start < len(out) and len(out) + length <= size, "a match of LZ4 is out of bounds")
        out += (out[start:start + length] * (length // offset + 1))[:length]
    check(len(out) == size, "an LZ4 block decodes to another size")
    return bytes(out)

def canonical(value):
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be"))
        return "{" + ",".join(canonical(name) + ":" + canonical(member) for name, member in members) + "}"
    if isinstance(value, list): return "[" + ",".join(map(canonical, value)) + "]"
    return value if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)
def instant(**since): return (datetime(1970, 1, 1) + timedelta(**since)).isoformat(timespec="milliseconds") + "Z"
def day(number): return instant(days=number)[:10]

def shared(row, flags):  # the members that the events of one command have in common
    members, actor = {}, {}
    if flags & 2: actor["role"] = ("owner", "support", "billing", "system")[row.byte() - 1]
    if flags & 4: actor["user_id"] = row.v()
    if actor: members["actor"] = actor
    if flags & 16: members["command_id"] = re.sub("^(.{8})(.{4})(.{4})(.{4})", r"\1-\2-\3-\4-", row.take(16).hex())
    elif flags & 8: members["command_id"] = row.text()
    if flags & 32: members["reason"] = row.text()
    if flags & 64: members["source"] = {row.text(): row.text() for _ in range(row.byte())}
    return members

def events(position, count, facts, details):  # the canonical line and recorded_at of each
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
        if kind == 10: event.update({name: row.text() for name in ("rules_id", "rules_sha256", "rules")})
        if kind == 255: event.update({"type": row.text(), **json.loads(row.text(), parse_int=Number, parse_float=Number)})
        check(row.at == len(row.data), "bytes are left behind the fields of a row")
        yield canonical(event).encode(), time
    check(facts.at == len(facts.data) and rows.at == len(rows.data), "bytes are left behind the events")

class Log:
    size, time, peaks, identity = 0, 0, [], None
    def append(self, line):
        node, size = sha(b"\0", line), self.size
        while size & 1: node, size = sha(b"\1", self.peaks.pop(), node), size >> 1
        self.peaks.append(node)
        self.size += 1
    def root(self):
        last = self.peaks[-1] if self.peaks else sha()
        return reduce(lambda node, peak: sha(b"\1", peak, node), self.peaks[-2::-1], last)
    def header(self, data, position):  # returns its size
        version, size, checksum, identity, first, time = struct.unpack_from("<III16sQQ", data, 4)
        check(data[:4] == b"TLS1" and version == 1, "this is not a segment of format version 1")
        check(64 <= size <= len(data) and crc32c(data[:12] + data[16:size]) == checksum, "the checksum does not hold")
        self.identity = self.identity or identity
        check((identity, first, position, time, data[64:size]) == (
            self.identity, self.size, self.size, self.time, b"".join(self.peaks)), "it does not follow the one before")
        return size
    def frame(self, data, at, show):  # returns its end
        magic, checksum, kind, flags, mark, count, first, start, synced, size, root, time, *sections = struct.unpack_from(
            "<4sIBBHIQQQQ32sQ6I", data, at)
        end, decoded = at + 112 + mark, []
        check(magic == b"TLF1" and crc32c(self.identity + data[at + 8:end]) == checksum, "the checksum does not hold")
        check((start, first, size) == (at, self.size, first + count), "the frame was written for another place")
        for stored, whole, checksum in (sections[:3], sections[3:]):
            body, end = data[end:end + stored], end + stored
            check(whole <= 64 << 20 and crc32c(body) == checksum, "the checksum of a section does not hold")
            decoded.append(lz4(body, whole) if stored < whole else body)
        rows = list(events(first, count, *decoded)) if kind == 1 else []
        check(not rows or rows[0][1] >= self.time, "recorded_at goes back")
        for line, self.time in rows: self.append(line)
        check(kind == 1 or decoded == [b"", b"".join(self.peaks)], "the seal does not match the events")
        check((self.root(), self.time) == (root, time), "the root does not match the events")
        for line, _ in rows: show(line)
        return end

wants_root, folders = "--root" in sys.argv, [argument for argument in sys.argv[1:] if argument != "--root"]
if len(folders) != 1 or folders[0].startswith("-"): sys.exit(print(__doc__, file=sys.stderr) or 64)
show = (lambda line: None) if wants_root else lambda line: sys.stdout.buffer.write(line + b"\n")
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
log, folder, place, at = Log(), folders[0], folders[0], 0
try:
    for place in sorted(path for path in Path(folder, "segments").iterdir() if re.fullmatch("[0-9]{20}[.]frames", path.name)):
        at, data = 0, place.read_bytes()
        at = log.header(data, position=int(place.stem))
        while at < len(data): at = log.frame(data, at, show)
    check(log.identity, "there is no segment")
    head = Path(folder, "lock").read_bytes()[:56] if Path(folder, "lock").exists() else b""
    if head[:4] == b"TLH1" and head[4:8] == struct.pack("<I", crc32c(head[8:])):
        check(struct.unpack_from("<Q", head, 40)[0] <= log.size, "the log is shorter than its durable head says")
except (OSError, LookupError, ValueError, OverflowError, RecursionError, struct.error) as error:
    why = "a field is out of bounds" if isinstance(error, (struct.error, LookupError)) else error
    sys.exit(print(f"{place}, offset {at}, cannot be read: {why}.", file=sys.stderr) or 70)
if wants_root: print(log.root().hex(), log.size)
