// pack_bytes.c -- packs as plain bytes, for the fuzzer.
#include "pack_bytes.h"
#include <string.h>

bool pack_from_bytes(const uint8_t* data, size_t size, brc_pack* out)
{
    size_t at = 0;
    *out = (brc_pack){.loading = false};
    while (at < size) {
        char name[48] = "";
        size_t length = data[at++], width;
        uint32_t count;
        if (length >= sizeof name || size - at < length + 5) break;
        memcpy(name, data + at, length);
        char type = (char)data[at + length];
        memcpy(&count, data + at + length + 1, 4);
        at += length + 5;
        width = brc_block_width(type);
        if (!width || count > (size - at) / width || strlen(name) != length || brc_pack_find(out, name)) break;
        void* to = brc_pack_room(out, name, type, count);
        if (!to) break;
        memcpy(to, data + at, count * width);
        at += count * width;
        if (at == size) {
            out->loading = true;
            return true;
        }
    }
    brc_pack_free(out);
    return false;
}

size_t pack_to_bytes(const brc_pack* p, uint8_t* out, size_t room)
{
    size_t at = 0;
    for (int32_t i = 0; i < p->block_count; i++) {
        const brc_block* b = &p->block[i];
        size_t length = strlen(b->name), bytes = (size_t)b->count * brc_block_width(b->type);
        uint32_t count = (uint32_t)b->count;
        if (room - at < 6 + length + bytes) return 0;
        out[at++] = (uint8_t)length;
        memcpy(out + at, b->name, length), at += length;
        out[at++] = (uint8_t)b->type;
        memcpy(out + at, &count, 4), at += 4;
        memcpy(out + at, b->data, bytes), at += bytes;
    }
    return at;
}
