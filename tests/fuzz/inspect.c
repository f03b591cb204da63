// inspect.c -- fuzz target: what `barchan info` finds out about an HDF5 file, in a process of its own as there. What
// HDF5 dies of is an answer; what our own code does there is not, and neither is a text that plain.lua could not read.
#include "apart.h"
#include "barchan.h"
#include "harness.h"
#include "patched.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct look {
    const char* path;
    int32_t kind;
    char* text;
    int64_t length;
} look;

static brc_status work(void* task, brc_channel* to)
{
    const look* l = task;
    char* text;
    int64_t length;
    BRC_TRY(brc_inspect(l->path, l->kind, &text, &length));
    brc_status status = brc_apart_send(to, &length, sizeof length);
    if (status == BRC_OK) status = brc_apart_send(to, text, (size_t)length);
    brc_inspect_free(text);
    return status;
}

static brc_status take(void* task, brc_channel* from)
{
    look* l = task;
    BRC_TRY(brc_apart_receive(from, &l->length, sizeof l->length));
    if (l->length < 0 || l->length > 1 << 28) abort();
    l->text = malloc((size_t)l->length + 1);
    if (!l->text) abort();
    l->text[l->length] = 0;
    return brc_apart_receive(from, l->text, (size_t)l->length);
}

// The end of a value in the form of plain.lua; NULL: it is none.
static const char* value_end(const char* at, const char* end, int depth)
{
    if (at >= end || depth > 20) return NULL;
    char* stop;
    switch (*at++) {
    case 't':
    case 'f':
        return at;
    case 'n':
        (void)strtod(at, &stop);
        return stop > at && stop < end && *stop == ';' ? stop + 1 : NULL;
    case 's': {
        const long long length = strtoll(at, &stop, 10);
        return stop > at && *stop == ':' && length >= 0 && length <= end - stop - 1 ? stop + 1 + length : NULL;
    }
    case '{':
        while (at && at < end && *at != '|') at = value_end(at, end, depth + 1);
        if (at) at++;
        while (at && at < end && *at != '}') {
            at = *at == 's' ? value_end(at, end, depth + 1) : NULL;
            if (at) at = value_end(at, end, depth + 1);
        }
        return at && at < end ? at + 1 : NULL;
    default:
        return NULL;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    size_t length;
    int kind;
    if (size < 2) return 0;
    uint8_t* bytes = patched_file(data + 1, size - 1, PATCHED_CHECKPOINT + 1, &length, &kind);
    if (data[0] & 2) length -= length > 4096 ? (size_t)(data[0] >> 2) * 64 : 0; // cut
    look l = {.path = scratch_file(bytes, length, ".h5"),
              .kind = data[0] & 1 ? BRC_INSPECT_HDF5_DATA : BRC_INSPECT_HDF5};
    free(bytes);
    const brc_apart a = {"cannot inspect it", work, take, &l, 4, UINT64_C(1) << 29};
    brc_apart_here = getenv("FUZZ_HERE") != NULL;
    if (accepted(brc_apart_run(&a)) && value_end(l.text, l.text + l.length, 0) != l.text + l.length) abort();
    look_at_children();
    free(l.text);
    return 0;
}
