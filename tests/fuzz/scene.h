// scene.h -- the simulations that the fuzzed checkpoints and trajectories are of: small, and with a part of everything
// that a checkpoint keeps. A checkpoint is loaded into an empty one of the same kind.
#ifndef SCENE_H
#define SCENE_H
#include "barchan.h"

enum { SCENE_PLAIN, SCENE_CELL, SCENES }; // mixed precision, walls and streams; double, in a periodic cell that deforms

brc_sim* scene_empty(int kind);
void scene_fill(brc_sim* sim, int kind); // and some steps

#endif
