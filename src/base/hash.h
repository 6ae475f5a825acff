/* A hash for tables whose keys come from input. Its key is drawn anew for each process, so that nobody can write a file
 * whose keys all meet in one slot. Only the places in a table depend on it, never an output. */
#ifndef KC_BASE_HASH_H
#define KC_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Draw the key. Call it before the first kc_hash_* of a table, from any thread, as often as is convenient. */
void kc_hash_begin(void);
/* Hash n bytes; hash one number. */
uint64_t kc_hash_bytes(const void *p, size_t n);
uint64_t kc_hash_number(uint64_t x);

#endif
