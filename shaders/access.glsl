// access.glsl -- how kernels reach their buffers. Each is written once and built twice: with a descriptor for each buffer, and with
// the buffers' device addresses in a table (BRC_ADDRESSES), which knows neither a number of buffers nor a size that a descriptor
// may have. engine/compute_vulkan.c makes the table, and chooses.
//
// BUFFER declares the n-th buffer of a kernel; its elements are name.at[i]. Nobody else's memory is behind it (restrict). align_ [bytes]
// is what an element may be loaded by as a whole: pointers promise no more than that. Elements that are vectors are read and written as wholes, never by component: Mesa 22.3
// takes the wrong part where one invocation does both by address.
#ifdef BRC_ADDRESSES
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_buffer_reference_uvec2 : require
layout(std140, binding = 22) uniform Addresses { uvec4 addresses[11]; }; // two in each; BRC_GPU_BUFFERS of them
#define ADDRESS(n) (((n) & 1) == 0 ? addresses[(n) / 2].xy : addresses[(n) / 2].zw)
#define BUFFER(n, access, Name, name, type, align_)                                                                              \
    layout(buffer_reference, std430, buffer_reference_align = align_) restrict access buffer Name { type at[]; };                    \
    Name name = Name(ADDRESS(n));
#else
#define BUFFER(n, access, Name, name, type, align_) layout(std430, binding = n) restrict access buffer Name { type at[]; } name;
#endif
