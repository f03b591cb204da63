// cut_zoltan.c -- space cut into boxes of equal weight by Zoltan's recursive coordinate bisection. Part of the library
// of comm_mpi.c; the only file that includes zoltan.h.
#include "cut_zoltan.h"
#include <mpi.h>
#include <stdlib.h>
#include <trilinos/zoltan.h>

typedef struct cut { // what Zoltan asks for while it works
    struct Zoltan_Struct* zoltan;
    int64_t count;
    const double* x;
    const float* weight;
} cut;

static int object_count(void* data, int* error)
{
    *error = ZOLTAN_OK;
    return (int)((cut*)data)->count;
}

static void objects(void* data, int gids, int lids, ZOLTAN_ID_PTR gid, ZOLTAN_ID_PTR lid, int weights, float* weight,
                    int* error)
{
    const cut* c = data;
    (void)gids, (void)lids, (void)lid;
    for (int64_t i = 0; i < c->count; i++) {
        gid[i] = (ZOLTAN_ID_TYPE)i; // lists of objects are not asked for, so they need not differ between ranks
        if (weights) weight[i] = c->weight[i];
    }
    *error = ZOLTAN_OK;
}

static int dimensions(void* data, int* error)
{
    (void)data;
    *error = ZOLTAN_OK;
    return 3;
}

static void places(void* data, int gids, int lids, int count, ZOLTAN_ID_PTR gid, ZOLTAN_ID_PTR lid, int dim, double* x,
                   int* error)
{
    const cut* c = data;
    (void)gids, (void)lids, (void)lid;
    for (int i = 0; i < count; i++)
        for (int k = 0; k < dim; k++) x[dim * i + k] = c->x[4 * (int64_t)gid[i] + k];
    *error = ZOLTAN_OK;
}

static cut* begin(const void* comm)
{
    static int started; // of this process
    float version;
    MPI_Comm ranks = *(const MPI_Comm*)comm;
    if (!started && Zoltan_Initialize(0, NULL, &version) != ZOLTAN_OK) return NULL;
    started = 1;
    cut* c = calloc(1, sizeof *c);
    if (!c) return NULL;
    c->zoltan = Zoltan_Create(ranks);
    if (!c->zoltan) {
        free(c);
        return NULL;
    }
    static const char* const parameters[][2] = {
        {"DEBUG_LEVEL", "0"}, {"LB_METHOD", "RCB"},     {"NUM_GID_ENTRIES", "1"}, {"NUM_LID_ENTRIES", "0"},
        {"KEEP_CUTS", "1"},   {"RETURN_LISTS", "NONE"}, {"OBJ_WEIGHT_DIM", "1"},  {"CHECK_GEOM", "0"}};
    for (size_t k = 0; k < sizeof parameters / sizeof *parameters; k++)
        Zoltan_Set_Param(c->zoltan, parameters[k][0], parameters[k][1]);
    Zoltan_Set_Num_Obj_Fn(c->zoltan, object_count, c);
    Zoltan_Set_Obj_List_Fn(c->zoltan, objects, c);
    Zoltan_Set_Num_Geom_Fn(c->zoltan, dimensions, c);
    Zoltan_Set_Geom_Multi_Fn(c->zoltan, places, c);
    return c;
}

int brc_cut_make(const void* comm, void** state, int64_t count, const double* x, const float* weight, int32_t parts,
                 double* boxes)
{
    int changes, gids, lids, imports, exports, *ranks[2] = {NULL, NULL}, *to[2] = {NULL, NULL};
    ZOLTAN_ID_PTR gid[2] = {NULL, NULL}, lid[2] = {NULL, NULL};
    if (!*state) *state = begin(comm);
    cut* c = *state;
    if (!c) return 1;
    c->count = count, c->x = x, c->weight = weight;
    const int code = Zoltan_LB_Partition(c->zoltan, &changes, &gids, &lids, &imports, &gid[0], &lid[0], &ranks[0],
                                         &to[0], &exports, &gid[1], &lid[1], &ranks[1], &to[1]);
    c->count = 0, c->x = NULL, c->weight = NULL;
    if (code != ZOLTAN_OK && code != ZOLTAN_WARN) return 1;
    for (int32_t k = 0; k < parts; k++) {
        double* b = boxes + 6 * (int64_t)k;
        int dim = 3;
        if (Zoltan_RCB_Box(c->zoltan, k, &dim, &b[0], &b[1], &b[2], &b[3], &b[4], &b[5]) != ZOLTAN_OK) return 1;
    }
    return 0;
}

void brc_cut_free(void* state)
{
    cut* c = state;
    if (!c) return;
    Zoltan_Destroy(&c->zoltan);
    free(c);
}
