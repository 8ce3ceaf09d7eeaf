// A peer of the batch query: SQLite, answers found by primary key in one read transaction.
//
//   sqlite-batch FILE fill IDS               makes a table of IDS answers
//   sqlite-batch FILE ask IDS BATCHES SEED   asks for BATCHES times 1,000 random ones of them
//
// Prints one line of JSON as ledger-benchmarks does; exit 1 when a row is not there.
#define _GNU_SOURCE
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { batch = 1000 };

static uint64_t next_random(uint64_t *state) {  // SplitMix64
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static void stop(sqlite3 *database) {
  fprintf(stderr, "sqlite-batch: %s\n", database ? sqlite3_errmsg(database) : "out of memory");
  exit(1);
}

static void run(sqlite3 *database, const char *sql) {
  if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK) stop(database);
}

static sqlite3_stmt *prepare(sqlite3 *database, const char *sql) {
  sqlite3_stmt *statement = NULL;
  if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK) stop(database);
  return statement;
}

static void fill(sqlite3 *database, long ids) {
  run(database, "PRAGMA journal_mode=OFF");
  run(database, "PRAGMA synchronous=OFF");
  run(database,
      "CREATE TABLE answers (namespace_id INTEGER PRIMARY KEY, types INTEGER NOT NULL,"
      " valid_until INTEGER)");
  sqlite3_stmt *insert = prepare(database, "INSERT INTO answers VALUES (?, ?, ?)");
  run(database, "BEGIN");
  for (long id = 1; id <= ids; id++) {
    sqlite3_bind_int64(insert, 1, id);
    sqlite3_bind_int64(insert, 2, id % 31);
    sqlite3_bind_int64(insert, 3, 20000 + id % 90);
    if (sqlite3_step(insert) != SQLITE_DONE) stop(database);
    sqlite3_reset(insert);
  }
  run(database, "COMMIT");
  sqlite3_finalize(insert);
}

static void ask(sqlite3 *database, long ids, long batches, uint64_t seed) {
  run(database, "PRAGMA mmap_size=17179869184");
  sqlite3_stmt *find =
      prepare(database, "SELECT types, valid_until FROM answers WHERE namespace_id = ?");
  uint64_t sum = 0;
  double total = 0;
  for (long round = 0; round < batches; round++) {
    struct timespec begin, end;
    uint64_t wanted[batch];
    for (int i = 0; i < batch; i++) wanted[i] = 1 + next_random(&seed) % (uint64_t)ids;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    run(database, "BEGIN");
    for (int i = 0; i < batch; i++) {
      sqlite3_bind_int64(find, 1, (sqlite3_int64)wanted[i]);
      if (sqlite3_step(find) != SQLITE_ROW) stop(database);
      sum += (uint64_t)(sqlite3_column_int64(find, 0) + sqlite3_column_int64(find, 1));
      sqlite3_reset(find);
    }
    run(database, "COMMIT");
    clock_gettime(CLOCK_MONOTONIC, &end);
    total += (double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec);
  }
  sqlite3_finalize(find);
  printf("{\"count\":%ld,\"nanoseconds\":%.0f,\"name\":\"sqlite\",\"checksum\":\"%llx\"}\n",
         batches * batch, total, (unsigned long long)sum);
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: sqlite-batch FILE fill IDS | sqlite-batch FILE ask IDS BATCHES SEED\n");
    return 64;
  }
  sqlite3 *database = NULL;
  if (sqlite3_open(argv[1], &database) != SQLITE_OK) stop(database);
  long ids = atol(argv[3]);
  if (ids < 1) return 64;
  if (strcmp(argv[2], "fill") == 0) {
    fill(database, ids);
  } else if (argc == 6) {
    ask(database, ids, atol(argv[4]), strtoull(argv[5], NULL, 10));
  }
  sqlite3_close(database);
  return 0;
}
