#ifndef LEDGER_FLOOR_H
#define LEDGER_FLOOR_H

#include <stddef.h>
#include <stdint.h>

/// The floors that the projection is measured against: what a C program does that knows nothing but
/// the one task, with a record of 32 bytes an id.

/// 4,096 events (or fewer) as five LZ4 blocks: ids less `base` in 4 bytes each, kinds and codes in 1,
/// first and second dates in 2.
typedef struct {
  const uint8_t *columns[5];
  int32_t stored[5];
  int32_t count;
  int64_t base;
} floor_chunk;

enum { floor_chunk_events = 4096 };

/// What an id's record keeps.
typedef struct {
  uint32_t version;
  uint16_t plan, plan_starts_on, plan_ends_on;
  uint16_t type, trial_starts_on, trial_ends_on;
  uint8_t trials, extensions, reactivations, ends;
  uint16_t paid_until, flags;
  uint32_t types_seen;
  uint32_t answer;
} floor_record;

/// Makes a chunk's blocks in `target`, which has room for `floor_chunk_room`; gives the bytes used.
size_t floor_compress(floor_chunk *chunk, const int64_t *ids, const uint8_t *kinds,
                      const uint8_t *codes, const uint16_t *firsts, const uint16_t *seconds,
                      uint8_t *target);
size_t floor_chunk_room(void);

/// Decodes a chunk to the columns that a projection takes. Returns 0 when it is damaged.
int floor_decode(const floor_chunk *chunk, int64_t *ids, uint8_t *kinds, uint16_t *codes,
                 uint16_t *firsts, uint16_t *seconds);

/// Decodes the chunks and folds their events into `records`, by id. Returns 0 when one is damaged
/// or an id is not below `record_count`.
int floor_fold(const floor_chunk *chunks, size_t chunk_count, floor_record *records,
               size_t record_count);

/// Gathers the answers of ids, as a batch query does: the record's answer into types and dates.
uint64_t floor_gather(const floor_record *records, const int64_t *ids, size_t count,
                      uint64_t *types, uint16_t *valid_until);

/// Gives freed memory back to the system, so that what is measured next is not hidden in it.
void floor_trim(void);

#endif
