// render.h -- pictures of spheres, rods and triangles by ray tracing. The part is a library of its own (render.so),
// which bindings/barchan/render.lua loads when somebody wants a picture: Barchan runs where Embree is not. It knows
// nothing of simulations, of files and of text.
#ifndef BRC_RENDER_H
#define BRC_RENDER_H
#include "barchan.h"

/*@cdef-begin*/
// Colours are bytes r g b (walls: r g b and opacity). Lengths in any unit, the same for all.
typedef struct brc_picture {
    int64_t bytes;         // of this struct: does the caller mean the same one?
    int32_t width, height; // [pixels]
    int32_t samples;       // rays through each pixel
    int32_t threads;
    double eye[3], target[3], up[3];
    double angle;                           // [rad] of view, from top to bottom; 0: parallel rays
    double extent;                          // of parallel rays: height of what is seen
    double light[3];                        // towards the sun
    double ground;                          // height along `up` of a floor that takes shadows; NaN: none
    double size;                            // of the scene: shadows of ambient light fade over this length
    int32_t cuts;                           // planes of which what is in front is cut away
    double cut[3][4];                       // unit normal, distance from the origin
    float background[3], background_top[3]; // 0 to 1
    int64_t spheres, rods, triangles, vertices;
    const float* sphere; // x y z radius
    const unsigned char* sphere_colour;
    const float* rod; // x y z radius, x y z radius
    const unsigned char* rod_colour;
    const float* vertex; // x y z
    const int32_t* triangle;
    const unsigned char* triangle_colour;
} brc_picture;

// pixels: [height][width] of 4 bytes, in memory b g r 255 on a little-endian machine, as cairo has it. Answers 0, or
// leaves a text in error.
BRC_API int32_t brc_render(const brc_picture* picture, uint32_t* pixels, char* error, int64_t error_size);
BRC_API const char* brc_render_version(void); // of Embree
/*@cdef-end*/

#endif
