// The slow way into Swift's Mutex on Linux, compiled under the thread sanitizer.
//
// The fast way is inlined and the sanitizer sees its atomics; the slow one lies in a library that was
// built without, so that every contended lock looks like a race. This takes its place in a test
// program: it waits by trying again, which the fast way out does not notice. Swift's Mutex of 6.0 to
// 6.3: a 32-bit word that holds the number of the thread that has it, or 0.
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

// Synchronization._MutexHandle._lockSlow(UInt32) -> ()
SWIFT void lock_slow(uint32_t thread, SELF _Atomic uint32_t *lock) __asm__(
    "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");

SWIFT void lock_slow(uint32_t thread, SELF _Atomic uint32_t *lock) {
  for (;;) {
    uint32_t nobody = 0;
    if (atomic_compare_exchange_weak_explicit(lock, &nobody, thread, memory_order_acquire,
                                              memory_order_relaxed))
      return;
    sched_yield();
  }
}
