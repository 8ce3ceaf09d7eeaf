#!/usr/bin/env python3
"""Peers of the rebuild: DuckDB and Polars aggregate the same events from Parquet, on all cores.

  peers.py parquet FILE             reads the lines of `trial-ledger export` from standard input; a few
                                    million a file, as DuckDB keeps them in memory until it has them all
  peers.py duckdb FILES ROUNDS      folds the events to a row a namespace; a line of JSON a round
  peers.py polars FILES ROUNDS      the same; a pattern, whose files are in the order of their names
  peers.py plot FILE                draws the lines `name<TAB>value<TAB>unit` of standard input as SVG

What is worked out is less than a projection holds (the newest plan, the newest trial's dates, four
counts), so that nobody is slowed down by what an aggregation is bad at.
"""
import json
import sys
import time

COLUMNS = {
    "position": "BIGINT", "namespace_id": "BIGINT", "type": "VARCHAR", "trial_type": "VARCHAR",
    "plan": "VARCHAR", "starts_on": "DATE", "ends_on": "DATE", "parent_id": "BIGINT",
}


def told(name, count, seconds, checksum):
    line = {"count": count, "nanoseconds": round(seconds * 1e9), "name": name, "checksum": checksum}
    print(json.dumps(line, separators=(",", ":")), flush=True)


def make_parquet(path):
    import duckdb

    columns = ", ".join(f"{name}: '{kind}'" for name, kind in COLUMNS.items())
    duckdb.sql(
        f"COPY (SELECT * FROM read_json('/dev/stdin', format = 'newline_delimited', "
        f"columns = {{{columns}}})) TO '{path}' (FORMAT parquet, COMPRESSION lz4)"
    )


def with_duckdb(path, rounds):
    import duckdb

    for _ in range(rounds):
        connection = duckdb.connect()
        start = time.perf_counter()
        connection.execute(
            f"""
            CREATE TABLE states AS
            SELECT namespace_id, count(*) AS version,
              arg_max(plan, position) FILTER (type = 'plan_changed') AS plan,
              arg_max(parent_id, position) FILTER (type = 'namespace_moved') AS parent_id,
              max(starts_on) FILTER (type IN ('trial_started', 'trial_reactivated')) AS starts_on,
              arg_max(ends_on, position) FILTER (trial_type IS NOT NULL) AS ends_on,
              count(*) FILTER (type = 'trial_started') AS trials,
              count(*) FILTER (type = 'trial_extended') AS extensions,
              count(*) FILTER (type = 'trial_reactivated') AS reactivations
            FROM read_parquet('{path}') GROUP BY namespace_id
            """
        )
        seconds = time.perf_counter() - start
        events, namespaces = connection.execute("SELECT sum(version), count(*) FROM states").fetchone()
        told("duckdb", int(events), seconds, f"{int(events)}.{namespaces}")


def with_polars(path, rounds):
    import polars

    kind, started = polars.col("type"), ["trial_started", "trial_reactivated"]
    for _ in range(rounds):
        start = time.perf_counter()
        states = (
            polars.scan_parquet(path)
            .group_by("namespace_id")
            .agg(
                polars.len().alias("version"),
                polars.col("plan").filter(kind == "plan_changed").last(),
                polars.col("parent_id").filter(kind == "namespace_moved").last(),
                polars.col("starts_on").filter(kind.is_in(started)).max(),
                polars.col("ends_on").filter(polars.col("trial_type").is_not_null()).last(),
                (kind == "trial_started").sum().alias("trials"),
                (kind == "trial_extended").sum().alias("extensions"),
                (kind == "trial_reactivated").sum().alias("reactivations"),
            )
            .collect()
        )
        seconds = time.perf_counter() - start
        events = int(states["version"].sum())
        told("polars", events, seconds, f"{events}.{states.height}")


def plot(path):
    rows = [line.rstrip("\n").split("\t") for line in sys.stdin if line.strip()]
    groups = {}
    for name, value, unit in rows:
        groups.setdefault(unit, []).append((name, float(value)))
    width, left, bar, gap = 760, 250, 18, 8
    height = sum(44 + len(group) * (bar + gap) for group in groups.values()) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    y = 10
    for unit, group in groups.items():
        most = max(value for _, value in group)
        parts.append(f'<text x="10" y="{y + 18}" font-weight="bold">{unit}</text>')
        y += 30
        for name, value in group:
            length = max(1.0, (width - left - 110) * value / most)
            fill = "#1f75cb" if name.startswith("trial-ledger") else "#a4a3a8"
            parts.append(f'<text x="{left - 8}" y="{y + 13}" text-anchor="end">{name}</text>')
            parts.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{bar}" fill="{fill}"/>')
            parts.append(f'<text x="{left + length + 6:.1f}" y="{y + 13}">{value:,.4g}</text>')
            y += bar + gap
        y += 14
    parts.append("</svg>\n")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(parts))


def main():
    verb, path = (sys.argv + ["", ""])[1:3]
    if verb == "parquet":
        make_parquet(path)
    elif verb == "duckdb":
        with_duckdb(path, int(sys.argv[3]))
    elif verb == "polars":
        with_polars(path, int(sys.argv[3]))
    elif verb == "plot":
        plot(path)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
