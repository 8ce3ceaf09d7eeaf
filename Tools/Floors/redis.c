// A peer of the batch query: Redis over a Unix socket, MGET of 1,000 keys through hiredis.
//
//   redis SOCKET fill KEYS               sets KEYS keys as GitLab names them, pipelined
//   redis SOCKET ask KEYS BATCHES SEED   asks for BATCHES times 1,000 random ones of them
//
// Prints one line of JSON as ledger-benchmarks does; exit 1 when a key is not there.
#include <hiredis/hiredis.h>
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

static void stop(redisContext *redis, const char *what) {
  fprintf(stderr, "redis: %s: %s\n", what, redis && redis->err ? redis->errstr : "wrong reply");
  exit(1);
}

static void fill(redisContext *redis, long keys) {
  for (long first = 1; first <= keys; first += batch) {
    long count = keys - first + 1 < batch ? keys - first + 1 : batch;
    for (long i = 0; i < count; i++)
      redisAppendCommand(redis, "SET namespaces:eligible_trials:%ld %s", first + i,
                         (first + i) % 3 ? "[\"ultimate_with_dap\"]" : "[]");
    for (long i = 0; i < count; i++) {
      redisReply *reply = NULL;
      if (redisGetReply(redis, (void **)&reply) != REDIS_OK) stop(redis, "SET");
      freeReplyObject(reply);
    }
  }
}

static void ask(redisContext *redis, long keys, long batches, uint64_t seed) {
  static char names[batch][48];
  const char *words[batch + 1];
  size_t lengths[batch + 1];
  words[0] = "MGET";
  lengths[0] = 4;
  uint64_t sum = 0;
  double total = 0;
  for (long round = 0; round < batches; round++) {
    struct timespec begin, end;
    uint64_t ids[batch];
    for (int i = 0; i < batch; i++) ids[i] = 1 + next_random(&seed) % (uint64_t)keys;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int i = 0; i < batch; i++) {
      int n = snprintf(names[i], sizeof names[i], "namespaces:eligible_trials:%llu",
                       (unsigned long long)ids[i]);
      words[i + 1] = names[i];
      lengths[i + 1] = (size_t)n;
    }
    redisReply *reply = redisCommandArgv(redis, batch + 1, words, lengths);
    if (!reply || reply->type != REDIS_REPLY_ARRAY || reply->elements != batch) stop(redis, "MGET");
    for (int i = 0; i < batch; i++) {
      if (reply->element[i]->type != REDIS_REPLY_STRING) stop(redis, "a key is not there");
      sum += reply->element[i]->len;
    }
    freeReplyObject(reply);
    clock_gettime(CLOCK_MONOTONIC, &end);
    total += (double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec);
  }
  printf("{\"count\":%ld,\"nanoseconds\":%.0f,\"name\":\"redis\",\"checksum\":\"%llx\"}\n",
         batches * batch, total, (unsigned long long)sum);
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: redis SOCKET fill KEYS | redis SOCKET ask KEYS BATCHES SEED\n");
    return 64;
  }
  redisContext *redis = redisConnectUnix(argv[1]);
  if (!redis || redis->err) stop(redis, "connecting");
  long keys = atol(argv[3]);
  if (keys < 1) return 64;
  if (strcmp(argv[2], "fill") == 0) {
    fill(redis, keys);
  } else if (argc == 6) {
    ask(redis, keys, atol(argv[4]), strtoull(argv[5], NULL, 10));
  }
  redisFree(redis);
  return 0;
}
