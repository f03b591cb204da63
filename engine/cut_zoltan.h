// cut_zoltan.h -- which rank owns which part of space, for comm_mpi.c: see `cut` in comm.h.
#ifndef BRC_CUT_ZOLTAN_H
#define BRC_CUT_ZOLTAN_H
#include <stdint.h>

// comm: points to an MPI_Comm. Answers 0, or 1 when Zoltan has failed. boxes, [parts][6]: lower and upper corners.
int brc_cut_make(const void* comm, void** state, int64_t count, const double* x, const float* weight, int32_t parts,
                 double* boxes);
void brc_cut_free(void* state);

#endif
