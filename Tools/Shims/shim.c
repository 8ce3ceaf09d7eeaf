// Makes the system's reads and writes at offsets short, or ends the process inside one; for
// LD_PRELOAD. What strace can inject (errors, signals, calls left out) is left to it.
//
//   SHIM_WRITE_MAX=n   a write writes at most n bytes, and says so
//   SHIM_READ_MAX=n    a read reads at most n bytes, and says so
//   SHIM_DIE_AT=n SHIM_DIE_AFTER=b
//                      the n-th write writes b bytes, then the process is killed
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

typedef ssize_t (*write_call)(int, const void *, size_t, off_t);
typedef ssize_t (*read_call)(int, void *, size_t, off_t);

static long number(const char *name, long otherwise) {
  const char *text = getenv(name);
  return text ? atol(text) : otherwise;
}

static size_t at_most(size_t count, const char *name) {
  long max = number(name, 0);
  return max > 0 && count > (size_t)max ? (size_t)max : count;
}

static atomic_long writes;

static ssize_t short_write(const char *name, int file, const void *bytes, size_t count, off_t at) {
  write_call call = (write_call)dlsym(RTLD_NEXT, name);
  if (atomic_fetch_add(&writes, 1) + 1 == number("SHIM_DIE_AT", 0)) {
    size_t after = (size_t)number("SHIM_DIE_AFTER", 0);
    if (after > 0) (void)call(file, bytes, after < count ? after : count, at);
    kill(getpid(), SIGKILL);
  }
  return call(file, bytes, at_most(count, "SHIM_WRITE_MAX"), at);
}

static ssize_t short_read(const char *name, int file, void *bytes, size_t count, off_t at) {
  read_call call = (read_call)dlsym(RTLD_NEXT, name);
  return call(file, bytes, at_most(count, "SHIM_READ_MAX"), at);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
  return short_write("pwrite", file, bytes, count, at);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off_t at) {
  return short_write("pwrite64", file, bytes, count, at);
}

ssize_t pread(int file, void *bytes, size_t count, off_t at) {
  return short_read("pread", file, bytes, count, at);
}

ssize_t pread64(int file, void *bytes, size_t count, off_t at) {
  return short_read("pread64", file, bytes, count, at);
}
