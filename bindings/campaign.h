// campaign.h -- the functions of campaign.c for the table barchan.core: files, locks, output and crashes of cases.
#ifndef BRC_BINDINGS_CAMPAIGN_H
#define BRC_BINDINGS_CAMPAIGN_H
#include <lauxlib.h>
#include <lua.h>

extern const luaL_Reg brc_campaign_functions[]; // the last has no name

#endif
