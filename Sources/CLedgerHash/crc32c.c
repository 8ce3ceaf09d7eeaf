#include "ledger_hash.h"

#include <pthread.h>
#include <string.h>

static uint32_t tables[8][256];
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

static void make_tables(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; bit++) {
      crc = (crc >> 1) ^ (0x82f63b78u & (0u - (crc & 1u)));
    }
    tables[0][byte] = crc;
  }
  for (uint32_t byte = 0; byte < 256; byte++) {
    for (int slice = 1; slice < 8; slice++) {
      uint32_t before = tables[slice - 1][byte];
      tables[slice][byte] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
}

// Slicing by 8: Kounavis and Berry, "A Systematic Approach to Building High Performance,
// Software-based, CRC Generators", 2005.
uint32_t ledger_crc32c_portable(uint32_t crc, const uint8_t *bytes, size_t count) {
  pthread_once(&tables_once, make_tables);
  crc = ~crc;
  while (count >= 8) {
    uint32_t low = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                   (uint32_t)bytes[3] << 24;
    low ^= crc;
    crc = tables[7][low & 0xff] ^ tables[6][(low >> 8) & 0xff] ^ tables[5][(low >> 16) & 0xff] ^
          tables[4][low >> 24] ^ tables[3][bytes[4]] ^ tables[2][bytes[5]] ^ tables[1][bytes[6]] ^
          tables[0][bytes[7]];
    bytes += 8;
    count -= 8;
  }
  while (count > 0) {
    crc = (crc >> 8) ^ tables[0][(crc ^ *bytes) & 0xff];
    bytes++;
    count--;
  }
  return ~crc;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(uint32_t crc, const uint8_t *bytes,
                                                               size_t count) {
  uint64_t wide = ~crc;
  while (count >= 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    wide = __builtin_ia32_crc32di(wide, word);
    bytes += 8;
    count -= 8;
  }
  uint32_t narrow = (uint32_t)wide;
  while (count > 0) {
    narrow = __builtin_ia32_crc32qi(narrow, *bytes);
    bytes++;
    count--;
  }
  return ~narrow;
}

uint32_t ledger_crc32c(uint32_t crc, const uint8_t *bytes, size_t count) {
  if (__builtin_cpu_supports("sse4.2")) {
    return crc32c_sse42(crc, bytes, count);
  }
  return ledger_crc32c_portable(crc, bytes, count);
}

#elif defined(__ARM_FEATURE_CRC32)

#include <arm_acle.h>

uint32_t ledger_crc32c(uint32_t crc, const uint8_t *bytes, size_t count) {
  crc = ~crc;
  while (count >= 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    crc = __crc32cd(crc, word);
    bytes += 8;
    count -= 8;
  }
  while (count > 0) {
    crc = __crc32cb(crc, *bytes);
    bytes++;
    count--;
  }
  return ~crc;
}

#else

uint32_t ledger_crc32c(uint32_t crc, const uint8_t *bytes, size_t count) {
  return ledger_crc32c_portable(crc, bytes, count);
}

#endif
