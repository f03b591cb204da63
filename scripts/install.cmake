# install.cmake -- what `cmake --install` puts where, the summary at the end of configuring, and the Debian package
# (`cmake --build build/release --target package`). Included by CMakeLists.txt.

# ---- places --------------------------------------------------------------------------------------------------------------
# Debian's LuaJIT looks for modules in C in lib/TRIPLET/lua/5.1 below /usr and in lib/lua/5.1 below /usr/local, and the prefix is
# known for certain when things are installed: BRC_PLACE is a variable of the install script.
install(CODE "set(BRC_PLACE lib)
if(CMAKE_INSTALL_PREFIX STREQUAL \"/usr\" AND NOT \"${CMAKE_LIBRARY_ARCHITECTURE}\" STREQUAL \"\")
  set(BRC_PLACE \"lib/${CMAKE_LIBRARY_ARCHITECTURE}\")
endif()")
set(PLACE_LIB "\${BRC_PLACE}")
if(BRC_INSTALL_CORE)
  set(PLACE_CORE ${BRC_INSTALL_CORE})
else()
  set(PLACE_CORE "\${BRC_PLACE}/lua/5.1")
endif()

if(BRC_HOST)
  install(TARGETS barchan RUNTIME DESTINATION ${BRC_INSTALL_BIN})
endif()
install(TARGETS brc_module LIBRARY DESTINATION ${PLACE_CORE}/barchan)
foreach(part brc_mpi brc_render)
  if(TARGET ${part})
    install(TARGETS ${part} LIBRARY DESTINATION ${PLACE_CORE}/barchan)
  endif()
endforeach()
install(DIRECTORY ${STAGE_LUA}/ DESTINATION ${BRC_INSTALL_LUA}/barchan)

# The manual, the annotations for editors and the completion for shells are made by the program from its own schema.
if(BRC_HOST AND NOT BRC_SANITIZE)
  set(DOC ${CMAKE_BINARY_DIR}/doc)
  file(MAKE_DIRECTORY ${DOC})
  add_custom_command(OUTPUT ${DOC}/manual.html ${DOC}/manual.md ${DOC}/stubs.lua ${DOC}/barchan ${DOC}/_barchan ${DOC}/barchan.fish
    COMMAND barchan describe --html ${DOC}/manual.html --markdown ${DOC}/manual.md --stubs ${DOC}/stubs.lua
    COMMAND barchan completion bash > ${DOC}/barchan
    COMMAND barchan completion zsh > ${DOC}/_barchan
    COMMAND barchan completion fish > ${DOC}/barchan.fish
    DEPENDS barchan ${STAGED} COMMENT "writing the manual")
  add_custom_target(manual ALL DEPENDS ${DOC}/manual.html)
  install(FILES ${DOC}/manual.html ${DOC}/manual.md DESTINATION ${BRC_INSTALL_DOC})
  install(FILES ${DOC}/stubs.lua DESTINATION ${BRC_INSTALL_DOC}/editor RENAME barchan.lua)
  if(NOT BRC_INSTALL_CORE) # a rock has no place for these: source <(barchan completion bash)
    install(FILES ${DOC}/barchan DESTINATION share/bash-completion/completions)
    install(FILES ${DOC}/_barchan DESTINATION share/zsh/site-functions)
    install(FILES ${DOC}/barchan.fish DESTINATION share/fish/vendor_completions.d)
  endif()
endif()

install(FILES README.md CHANGELOG.md ARCHITECTURE.md scripts/barchan_reader.py DESTINATION ${BRC_INSTALL_DOC})
install(FILES LICENSE DESTINATION ${BRC_INSTALL_DOC} RENAME copyright)
install(DIRECTORY examples/ DESTINATION ${BRC_INSTALL_DOC}/examples)

if(BRC_LIBRARY)
  install(TARGETS brc_library LIBRARY DESTINATION ${PLACE_LIB})
  install(FILES engine/barchan.h DESTINATION include)
  # The prefix is where the file lies: the tree may be moved.
  set(PC ${CMAKE_BINARY_DIR}/barchan.pc)
  install(CODE "string(REGEX REPLACE \"[^/]+\" \"..\" BRC_UP \"\${BRC_PLACE}/pkgconfig\")
file(WRITE \"${PC}\" \"prefix=\\\${pcfiledir}/\${BRC_UP}
libdir=\\\${prefix}/\${BRC_PLACE}
includedir=\\\${prefix}/include
# what brc_comm_world takes: the part for several ranks
mpi=\\\${libdir}/lua/5.1/barchan/mpi.so

Name: barchan
Description: granular matter by the discrete element method
Version: ${PROJECT_VERSION}
Cflags: -I\\\${includedir}
Libs: -L\\\${libdir} -lbarchan
\")")
  install(FILES ${PC} DESTINATION "${PLACE_LIB}/pkgconfig")
endif()

# ---- what was found ------------------------------------------------------------------------------------------------------
set(HAVE_RENDER OFF)
if(TARGET brc_render)
  set(HAVE_RENDER ON)
endif()
set(PARTS)
function(part found what yields package)
  if(${found})
    list(APPEND PARTS "  with ${what}: ${yields}")
  else()
    list(APPEND PARTS "  WITHOUT ${what}, so no ${yields} (Debian: ${package})")
  endif()
  set(PARTS ${PARTS} PARENT_SCOPE)
endfunction()
part(HDF5_FOUND "HDF5" "trajectories and checkpoints" libhdf5-dev)
part(ASSIMP_FOUND "assimp" "mesh files" libassimp-dev)
part(MPI_C_FOUND "MPI" "several ranks" "libopenmpi-dev openmpi-bin")
part(HAVE_RENDER "Embree" "pictures" libembree-dev)
part(HAVE_VULKAN "Vulkan" "GPUs" "libvulkan-dev glslang-tools")
string(REPLACE ";" "\n" PARTS "${PARTS}")
message(STATUS "Barchan ${PROJECT_VERSION} will be built\n${PARTS}")

# ---- Debian package ------------------------------------------------------------------------------------------------------
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME barchan)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "the Barchan developers <barchan@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "granular matter by the discrete element method, scripted in Lua")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Barchan simulates grains: each one moves, turns and touches others and walls. A scenario is a Lua
script; contact laws are Lua functions that are compiled to vector code; the
result of a run depends on its script, seed and precision only.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${STAGE}/lib)
# The linker's cache has to know libbarchan.
file(WRITE ${CMAKE_BINARY_DIR}/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/triggers)
# LuaJIT for `luajit script.lua`; the compiler for laws that scripts bring; what is opened while running.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "luajit, gcc, openmpi-bin, libvulkan1, libnlopt0, libcairo2")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "mesa-vulkan-drivers, paraview")
include(CPack)
