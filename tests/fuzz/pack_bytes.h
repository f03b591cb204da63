// pack_bytes.h -- a pack as plain bytes, and back: for each block a length and the name, a letter for the type, the
// count in four bytes, the numbers.
#ifndef PACK_BYTES_H
#define PACK_BYTES_H
#include "pack.h"

// False: the bytes are none. The pack is one that is loading; brc_pack_free frees it.
bool pack_from_bytes(const uint8_t* data, size_t size, brc_pack* out);
size_t pack_to_bytes(const brc_pack* p, uint8_t* out, size_t room); // 0: no room

#endif
