// The floor of a durable append: write and fdatasync, nothing else.
//
//   append SOURCE TARGET COUNT
//
// Writes SOURCE's bytes to TARGET in COUNT even pieces, each made durable before the next, and
// prints one line of JSON as ledger-benchmarks does. The checksum is the sum of the bytes written.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void stop(const char *what) {
  perror(what);
  exit(1);
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: append SOURCE TARGET COUNT\n");
    return 64;
  }
  long count = atol(argv[3]);
  int source = open(argv[1], O_RDONLY);
  struct stat status;
  if (source < 0 || fstat(source, &status) != 0) stop(argv[1]);
  size_t size = (size_t)status.st_size;
  unsigned char *bytes = malloc(size);
  if (bytes == NULL || count < 1 || size < (size_t)count) {
    fprintf(stderr, "append: fewer bytes than appends\n");
    return 65;
  }
  for (size_t done = 0; done < size;) {
    ssize_t got = read(source, bytes + done, size - done);
    if (got <= 0) stop(argv[1]);
    done += (size_t)got;
  }
  int target = open(argv[2], O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (target < 0) stop(argv[2]);
  uint64_t sum = 0;
  for (size_t index = 0; index < size; index++) sum += bytes[index];

  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  size_t offset = 0;
  for (long index = 0; index < count; index++) {
    size_t next = (size_t)((unsigned __int128)size * (size_t)(index + 1) / (size_t)count);
    while (offset < next) {
      ssize_t put = pwrite(target, bytes + offset, next - offset, (off_t)offset);
      if (put <= 0) stop("write");
      offset += (size_t)put;
    }
    if (fdatasync(target) != 0) stop("fdatasync");
  }
  clock_gettime(CLOCK_MONOTONIC, &end);
  int64_t nanoseconds =
      (end.tv_sec - start.tv_sec) * INT64_C(1000000000) + (end.tv_nsec - start.tv_nsec);
  printf("{\"count\":%ld,\"nanoseconds\":%lld,\"bytes\":%zu,\"checksum\":\"%llx\"}\n", count,
         (long long)nanoseconds, size, (unsigned long long)sum);
  return 0;
}
