#include "floor.h"

#include <lz4.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

_Static_assert(sizeof(floor_record) == 32, "a record has 32 bytes");

static const int widths[5] = {4, 1, 1, 2, 2};

size_t floor_chunk_room(void) {
  size_t room = 0;
  for (int column = 0; column < 5; column++) {
    room += (size_t)LZ4_compressBound(floor_chunk_events * widths[column]);
  }
  return room;
}

size_t floor_compress(floor_chunk *chunk, const int64_t *ids, const uint8_t *kinds,
                      const uint8_t *codes, const uint16_t *firsts, const uint16_t *seconds,
                      uint8_t *target) {
  uint32_t offsets[floor_chunk_events];
  int64_t base = ids[0];
  for (int index = 1; index < chunk->count; index++) {
    if (ids[index] < base) base = ids[index];
  }
  for (int index = 0; index < chunk->count; index++) offsets[index] = (uint32_t)(ids[index] - base);
  chunk->base = base;
  const void *sources[5] = {offsets, kinds, codes, firsts, seconds};
  uint8_t *next = target;
  for (int column = 0; column < 5; column++) {
    int size = chunk->count * widths[column];
    chunk->columns[column] = next;
    chunk->stored[column] = LZ4_compress_default(sources[column], (char *)next, size,
                                                 LZ4_compressBound(size));
    next += chunk->stored[column];
  }
  return (size_t)(next - target);
}

typedef struct {
  uint32_t ids[floor_chunk_events];
  uint8_t kinds[floor_chunk_events];
  uint8_t codes[floor_chunk_events];
  uint16_t firsts[floor_chunk_events];
  uint16_t seconds[floor_chunk_events];
} decoded;

static int decode(const floor_chunk *chunk, decoded *into) {
  void *targets[5] = {into->ids, into->kinds, into->codes, into->firsts, into->seconds};
  for (int column = 0; column < 5; column++) {
    int size = chunk->count * widths[column];
    if (LZ4_decompress_safe((const char *)chunk->columns[column], targets[column],
                            chunk->stored[column], size) != size) {
      return 0;
    }
  }
  return 1;
}

int floor_decode(const floor_chunk *chunk, int64_t *ids, uint8_t *kinds, uint16_t *codes,
                 uint16_t *firsts, uint16_t *seconds) {
  decoded columns;
  if (!decode(chunk, &columns)) return 0;
  for (int index = 0; index < chunk->count; index++) ids[index] = chunk->base + columns.ids[index];
  for (int index = 0; index < chunk->count; index++) codes[index] = columns.codes[index];
  memcpy(kinds, columns.kinds, (size_t)chunk->count);
  memcpy(firsts, columns.firsts, (size_t)chunk->count * 2);
  memcpy(seconds, columns.seconds, (size_t)chunk->count * 2);
  return 1;
}

int floor_fold(const floor_chunk *chunks, size_t chunk_count, floor_record *records,
               size_t record_count) {
  static decoded columns;
  enum { ahead = 24 };
  for (size_t number = 0; number < chunk_count; number++) {
    const floor_chunk *chunk = &chunks[number];
    if (!decode(chunk, &columns)) return 0;
    int count = chunk->count;
    for (int index = 0; index < count; index++) {
      if ((uint64_t)(chunk->base + columns.ids[index]) >= record_count) return 0;
    }
    floor_record *base = records + chunk->base;
    for (int index = 0; index < count; index++) {
      if (index + ahead < count) __builtin_prefetch(base + columns.ids[index + ahead], 1);
      floor_record *record = base + columns.ids[index];
      uint16_t first = columns.firsts[index], second = columns.seconds[index];
      uint8_t code = columns.codes[index];
      record->version++;
      switch (columns.kinds[index]) {
      case 1:
      case 2:
        record->type = code;
        record->trial_starts_on = first;
        record->trial_ends_on = second;
        record->types_seen |= 1u << (code & 31);
        record->trials++;
        record->reactivations += columns.kinds[index] == 2;
        break;
      case 3:
        record->trial_ends_on = second;
        record->extensions++;
        break;
      case 4:
      case 5:
        record->trial_ends_on = first;
        record->ends++;
        break;
      case 6:
      case 7:
        record->plan = code;
        record->plan_starts_on = first;
        record->plan_ends_on = second;
        if (second > record->paid_until) record->paid_until = second;
        break;
      case 8: record->flags |= 1; break;
      case 9: record->flags &= 0xfffe; break;
      default: break;
      }
    }
  }
  return 1;
}

uint64_t floor_gather(const floor_record *records, const int64_t *ids, size_t count,
                      uint64_t *types, uint16_t *valid_until) {
  uint64_t sum = 0;
  for (size_t index = 0; index < count; index++) {
    if (index + 16 < count) __builtin_prefetch(&records[ids[index + 16]]);
    const floor_record *record = &records[ids[index]];
    types[index] = record->types_seen;
    valid_until[index] = record->trial_ends_on;
    sum += record->version;
  }
  return sum;
}

void floor_trim(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}
