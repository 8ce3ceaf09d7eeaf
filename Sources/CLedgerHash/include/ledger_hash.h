#ifndef LEDGER_HASH_H
#define LEDGER_HASH_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C (RFC 3720, appendix B.4) of `count` bytes that follow bytes whose CRC-32C is `crc`
/// (0 when none did). Uses the processor's instruction where it has one.
uint32_t ledger_crc32c(uint32_t crc, const uint8_t *bytes, size_t count);

/// The same by tables, on any processor; the instruction's twin in tests.
uint32_t ledger_crc32c_portable(uint32_t crc, const uint8_t *bytes, size_t count);

/// Asks for the memory at `address`, which may be any, to be read soon.
static inline void ledger_prefetch(const void *address) { __builtin_prefetch(address); }

#endif
