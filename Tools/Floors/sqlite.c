// A peer of the durable append: SQLite in WAL mode with synchronous=FULL, one row a commit.
//
//   sqlite TARGET COUNT BYTES
//
// Inserts COUNT rows of about BYTES bytes each (a namespace, a unique command id, the rest), each
// in a transaction of its own, and prints one line of JSON as ledger-benchmarks does.
#define _GNU_SOURCE
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void stop(sqlite3 *database) {
  fprintf(stderr, "sqlite: %s\n", database ? sqlite3_errmsg(database) : "out of memory");
  exit(1);
}

static void run(sqlite3 *database, const char *sql) {
  if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK) stop(database);
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: sqlite TARGET COUNT BYTES\n");
    return 64;
  }
  long count = atol(argv[2]), size = atol(argv[3]);
  if (count < 1 || size < 1 || size > 65536) return 64;
  sqlite3 *database = NULL;
  sqlite3_stmt *insert = NULL;
  if (sqlite3_open(argv[1], &database) != SQLITE_OK) stop(database);
  run(database, "PRAGMA journal_mode=WAL");
  run(database, "PRAGMA synchronous=FULL");
  run(database,
      "CREATE TABLE events (position INTEGER PRIMARY KEY, namespace_id INTEGER NOT NULL,"
      " command_id BLOB NOT NULL UNIQUE, body BLOB NOT NULL)");
  if (sqlite3_prepare_v2(database,
                         "INSERT INTO events (namespace_id, command_id, body) VALUES (?, ?, ?)", -1,
                         &insert, NULL) != SQLITE_OK)
    stop(database);
  unsigned char *body = malloc((size_t)size);
  if (body == NULL) stop(NULL);
  memset(body, 'x', (size_t)size);

  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (long index = 0; index < count; index++) {
    uint64_t id[2] = {(uint64_t)(index + 1) * UINT64_C(0x9e3779b97f4a7c15), (uint64_t)index};
    sqlite3_bind_int64(insert, 1, 1 + index * INT64_C(1299709) % 2000003);
    sqlite3_bind_blob(insert, 2, id, sizeof id, SQLITE_STATIC);
    sqlite3_bind_blob(insert, 3, body, (int)size, SQLITE_STATIC);
    if (sqlite3_step(insert) != SQLITE_DONE) stop(database);
    sqlite3_reset(insert);
  }
  clock_gettime(CLOCK_MONOTONIC, &end);
  int64_t nanoseconds =
      (end.tv_sec - start.tv_sec) * INT64_C(1000000000) + (end.tv_nsec - start.tv_nsec);
  printf("{\"count\":%ld,\"nanoseconds\":%lld,\"bytes\":%ld,\"checksum\":\"%lld\"}\n", count,
         (long long)nanoseconds, count * size, (long long)sqlite3_last_insert_rowid(database));
  sqlite3_finalize(insert);
  sqlite3_close(database);
  return 0;
}
