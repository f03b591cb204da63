# device.cmake -- the tests of steps on a device: device.*, on Mesa's lavapipe where no GPU is at hand.

# What runs where. With descriptors and 8 lanes: everything, unit.device_* and spec.device. With addresses and 8 lanes: the steps and
# parts of them. With each of six, {descriptors, addresses} x {4, 8, 16 lanes}: scenes, below. The rest with `ctest -C long`.
# Nearly all the time goes to lavapipe's compiler, so who shares kernels comes after who has them compiled.
# Each number of lanes has its folder of compiled kernels: Mesa 22.3 names them without it, and takes those of another number. All
# tests that do not say how many take 8 and their folder (TEST_ENVIRONMENT), also those that have caches of their own for ours.
foreach(access descriptors addresses)
  foreach(lanes 4 8 16)
    math(EXPR width "32 * ${lanes}")
    set(ENVIRONMENT_${access}_${lanes} "${TEST_ENVIRONMENT};LP_NATIVE_VECTOR_WIDTH=${width};MESA_SHADER_CACHE_DIR=${TEST_WORK}/lanes_${lanes};\
BARCHAN_DEVICE_ACCESS=${access}")
  endforeach()
endforeach()
function(device_test name access lanes) # command
  add_test(NAME device.${name} COMMAND ${ARGN})
  set_tests_properties(device.${name} PROPERTIES TIMEOUT 1200 SKIP_RETURN_CODE 77 ENVIRONMENT "${ENVIRONMENT_${access}_${lanes}}")
endfunction()

foreach(lanes 4 8 16)
  set(WHEN CONFIGURATIONS long)
  if(lanes EQUAL 8)
    set(WHEN)
  endif()
  device_test(addresses_${lanes} addresses ${lanes} device_step_test short ${WHEN})
  device_test(addresses_parts_${lanes} addresses ${lanes} device_parts_test ${WHEN})
  set_tests_properties(device.addresses_parts_${lanes} PROPERTIES DEPENDS device.addresses_${lanes})
endforeach()
device_test(addresses_away addresses 8 device_away_test CONFIGURATIONS long)
device_test(addresses_memory addresses 8 device_memory_test CONFIGURATIONS long)
foreach(lanes 4 16)
  device_test(arithmetic_${lanes} descriptors ${lanes} device_test arithmetic)
  device_test(arithmetic_all_${lanes} descriptors ${lanes} device_test CONFIGURATIONS long)
  device_test(steps_${lanes} descriptors ${lanes} device_step_test short CONFIGURATIONS long)
endforeach()
foreach(kind step parts away) # thousands of steps
  add_test(NAME device.long_${kind} COMMAND device_${kind}_test long CONFIGURATIONS long)
  set_tests_properties(device.long_${kind} PROPERTIES TIMEOUT 3600 SKIP_RETURN_CODE 77 ENVIRONMENT "${TEST_ENVIRONMENT}")
endforeach()
# Vulkan's own checks: of calls, and of the order in which kernels see what others have written.
add_test(NAME device.validation COMMAND device_step_test short)
add_test(NAME device.validation_parts COMMAND device_parts_test cells)
add_test(NAME device.validation_memory COMMAND device_memory_test denser)
set_tests_properties(device.validation device.validation_parts device.validation_memory PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77 FAIL_REGULAR_EXPRESSION "Validation Error;SYNC-HAZARD;FAILED"
  ENVIRONMENT "${TEST_ENVIRONMENT};VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation;VK_LAYER_ENABLES=VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT")
# They see no order in what kernels write by addresses: there only the calls.
add_test(NAME device.validation_addresses COMMAND device_step_test short)
add_test(NAME device.validation_addresses_parts COMMAND device_parts_test CONFIGURATIONS long)
add_test(NAME device.validation_addresses_away COMMAND device_away_test CONFIGURATIONS long)
add_test(NAME device.validation_addresses_memory COMMAND device_memory_test denser CONFIGURATIONS long)
set_tests_properties(device.validation_addresses device.validation_addresses_parts device.validation_addresses_away device.validation_addresses_memory
  PROPERTIES TIMEOUT 600 SKIP_RETURN_CODE 77 FAIL_REGULAR_EXPRESSION "Validation Error;FAILED"
  ENVIRONMENT "${TEST_ENVIRONMENT};VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation;BARCHAN_DEVICE_ACCESS=addresses")
# Its GPU-assisted checks: the layer changes kernels so that each looks where it reads and writes. LLVM's optimiser takes hours for what
# comes out (validation layers 1.3.239, Mesa 22.3.6); without it, and for 4 lanes, lavapipe compiles the kernels of a run in minutes.
set(ASSISTED "VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation;VK_LAYER_ENABLES=VK_VALIDATION_FEATURE_ENABLE_GPU_ASSISTED_EXT;\
GALLIVM_PERF=nopt;MESA_SHADER_CACHE_DISABLE=true")
add_executable(device_beyond unit/device_beyond.c)
target_link_libraries(device_beyond PRIVATE brc_test_engine PkgConfig::CMOCKA)
foreach(access descriptors addresses)
  device_test(assisted_sees_${access} ${access} 4 device_beyond)
  set_tests_properties(device.assisted_sees_${access} PROPERTIES PASS_REGULAR_EXPRESSION "Validation Error.* access out of bounds")
  set_property(TEST device.assisted_sees_${access} APPEND PROPERTY ENVIRONMENT ${ASSISTED})
endforeach()
# With the kernels of the unit tests: first those, one after another, then who takes what they had compiled.
set(before)
foreach(kind step parts away memory ranks)
  if(before)
    set_tests_properties(unit.device_${kind}_test PROPERTIES DEPENDS unit.device_${before}_test)
  endif()
  set(before ${kind})
endforeach()
set(after device.validation device.validation_parts device.validation_memory)
if(BRC_ASAN_BUILD) # the driver and its compiler are not ours: they leak
  set(asan asan.device_test asan.device_step_test asan.device_parts_test asan.device_away_test asan.device_memory_test
    asan.device_ranks_test)
  set_property(TEST ${asan} APPEND PROPERTY ENVIRONMENT ASAN_OPTIONS=detect_leaks=0:abort_on_error=1)
  set_tests_properties(asan.device_test PROPERTIES DEPENDS unit.device_test)
  list(APPEND after ${asan})
  list(REMOVE_ITEM after asan.device_test)
endif()
set_tests_properties(${after} PROPERTIES DEPENDS unit.device_ranks_test)
set_tests_properties(device.validation_addresses PROPERTIES DEPENDS device.addresses_8)

# ---- scripts -----------------------------------------------------------------------------------------------------------
# Scenes that join many parts, on each of the six: a short one in both precisions (12 to 16 s of processor time), and device_parts.lua with the energy book
# (20 to 30 s for one) with 4 lanes and with 16; with 8 spec.device has it, too.
if(TEST_PYTHON AND BRC_HOST AND NOT BRC_SANITIZE)
  set(WAYS ${TEST_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/tools/device_ways.py ${STAGE}/bin/barchan)
  set(SCENES ${CMAKE_CURRENT_SOURCE_DIR}/determinism)
  foreach(access descriptors addresses)
    foreach(lanes 4 8 16)
      device_test(scenes_${access}_${lanes} ${access} ${lanes} ${WAYS} ${SCENES}/device_cell.lua:part=0.5)
      device_test(scenes_long_${access}_${lanes} ${access} ${lanes} ${WAYS} ${SCENES}/device_cell.lua ${SCENES}/device_parts.lua
        CONFIGURATIONS long)
      set_tests_properties(device.scenes_long_${access}_${lanes} PROPERTIES TIMEOUT 3600)
    endforeach()
  endforeach()
  device_test(scenes_parts_4 descriptors 4 ${WAYS} ${SCENES}/device_parts.lua:part=0.5:book=1 --precision double)
  device_test(scenes_parts_16 addresses 16 ${WAYS} ${SCENES}/device_parts.lua:part=0.5:book=1 --precision mixed)
  device_test(scenes_parts_8 descriptors 8 ${WAYS} ${SCENES}/device_parts.lua --precision double)
  set_tests_properties(device.scenes_descriptors_8 PROPERTIES DEPENDS unit.device_ranks_test)
  set_tests_properties(device.scenes_addresses_8 PROPERTIES DEPENDS device.addresses_parts_8)
  foreach(pair 4:descriptors 8:descriptors 16:addresses)
    string(REPLACE ":" ";" pair ${pair})
    list(GET pair 0 lanes)
    list(GET pair 1 access)
    set_tests_properties(device.scenes_parts_${lanes} PROPERTIES DEPENDS device.scenes_${access}_${lanes})
  endforeach()

  # Under Vulkan's GPU-assisted checks: what they have to say is printed, and so differs from what the processor's run says.
  foreach(access descriptors addresses)
    device_test(assisted_cell_${access} ${access} 4 ${WAYS} ${SCENES}/device_cell.lua:part=0.5 --precision mixed CONFIGURATIONS long)
    device_test(assisted_parts_${access} ${access} 4 ${WAYS} ${SCENES}/device_parts.lua:part=0.5:book=1 --precision mixed CONFIGURATIONS long)
    foreach(kind cell parts)
      set_tests_properties(device.assisted_${kind}_${access} PROPERTIES TIMEOUT 7200)
      set_property(TEST device.assisted_${kind}_${access} APPEND PROPERTY ENVIRONMENT ${ASSISTED})
    endforeach()
  endforeach()

  # Rows of validation scenarios, byte by byte those of the processor: those of a few seconds; with `ctest -C long` each that takes seconds
  # on a processor and minutes here (b04_energy_book, 28 beds of 1000 grains: 20). Those that are long on a processor are for a GPU.
  function(row_test name) # options, scenarios
    list(TRANSFORM ARGN REPLACE "^([abc][0-9]+_.*)$" "${CMAKE_CURRENT_SOURCE_DIR}/validation/\\1.lua")
    device_test(${name} descriptors 8 ${WAYS} --rows ${ARGN})
  endfunction()
  row_test(rows a01_elastic_pair a02_elastic_wall a05_oblique_tiny a10_rebound a10_sliding a14_slip_to_roll --precision mixed)
  row_test(rows_more a03_restitution a11_fall a16_spring_dashpot a17_thornton a19_twisting a28_mesh_drop b04_conservation --precision mixed)
  set_tests_properties(device.rows device.rows_more PROPERTIES DEPENDS unit.device_ranks_test)
  foreach(path ${SCENARIOS})
    get_filename_component(name ${path} NAME_WE)
    file(STRINGS ${path} LONG REGEX "long = \"")
    if(NOT LONG)
      row_test(rows_${name} ${name} CONFIGURATIONS long)
      set_tests_properties(device.rows_${name} PROPERTIES TIMEOUT 7200)
    endif()
  endforeach()
  if(TARGET brc_mpi AND MPIEXEC_EXECUTABLE) # two ranks, each with a device, against one rank on the processor
    device_test(drain_long descriptors 8 ${WAYS} ${SCENES}/drain.lua --precision mixed --ranks 2 --mpirun ${MPIEXEC_EXECUTABLE} CONFIGURATIONS long)
    set_tests_properties(device.drain_long PROPERTIES TIMEOUT 7200)
  endif()
endif()

# ---- kernels that look at each index before they use it ----------------------------------------------------------------
# In CI and with LLVM's optimiser, where Vulkan's GPU-assisted checks take minutes (device.assisted_*), and with the name of what is indexed.
if(TEST_PYTHON AND SPIRV_DIS_PROGRAM AND SPIRV_AS_PROGRAM AND NOT BRC_SANITIZE)
  set(CHECKED ${CMAKE_CURRENT_BINARY_DIR}/checked)
  file(MAKE_DIRECTORY ${CHECKED})
  set(entries ${SHADER_ENTRIES})
  list(FILTER entries EXCLUDE REGEX "^(addresses/)?(law|bench|fixedmath)") # steps run without these
  foreach(access "" addresses)
    set(out ${CHECKED}/plain_bounds${access}.spv) # what is made of it is bounds.spv
    set(flag)
    set(name bounds)
    if(access)
      set(flag -DBRC_ADDRESSES)
      set(name addresses/bounds)
    endif()
    add_custom_command(OUTPUT ${out}
      COMMAND ${GLSLANG_PROGRAM} --quiet -V --target-env vulkan1.2 -I${CMAKE_SOURCE_DIR}/shaders ${flag}
        ${CMAKE_CURRENT_SOURCE_DIR}/unit/bounds.comp -o ${out}
      DEPENDS unit/bounds.comp ${CMAKE_SOURCE_DIR}/shaders/access.glsl ${CMAKE_SOURCE_DIR}/shaders/arith.glsl VERBATIM)
    list(APPEND entries ${name}=${out})
  endforeach()
  set(tool ${CMAKE_CURRENT_SOURCE_DIR}/tools/check_bounds.py)
  add_custom_command(OUTPUT ${CHECKED}/kernels.c
    COMMAND ${TEST_PYTHON} ${tool} ${CHECKED}/kernels.c ${CHECKED} ${entries}
    DEPENDS ${tool} ${SHADER_DIR}/spirv.c ${CHECKED}/plain_bounds.spv ${CHECKED}/plain_boundsaddresses.spv VERBATIM
    COMMENT "making kernels that look at their indices")
  add_library(brc_checked OBJECT ${CMAKE_SOURCE_DIR}/engine/compute_vulkan.c
    ${CMAKE_SOURCE_DIR}/engine/compute_vulkan_run.c ${CHECKED}/kernels.c)
  add_dependencies(brc_checked brc_engine)
  target_include_directories(brc_checked PRIVATE ${CMAKE_SOURCE_DIR}/engine)
  target_include_directories(brc_checked SYSTEM PRIVATE ${VULKAN_INCLUDE})
  target_link_libraries(brc_checked PRIVATE brc_flags)
  # The engine's own kernels are linked, too, for the texts beside them: so those here have another name.
  target_compile_definitions(brc_checked PRIVATE BRC_GPU_CHECKED=1 brc_spirv_all=brc_spirv_checked brc_spirv_total=brc_spirv_checked_total)
  foreach(kind step parts away memory)
    add_executable(device_${kind}_checked unit/device_${kind}_test.c $<TARGET_OBJECTS:brc_checked>)
  endforeach()
  add_executable(device_bounds unit/device_bounds.c $<TARGET_OBJECTS:brc_checked>)
  foreach(program device_step_checked device_parts_checked device_away_checked device_memory_checked device_bounds)
    target_link_libraries(${program} PRIVATE brc_test_engine PkgConfig::CMOCKA)
  endforeach()
  foreach(access descriptors addresses)
    set(WHEN) # the indices are the same ones
    if(access STREQUAL addresses)
      set(WHEN CONFIGURATIONS long)
    endif()
    set(tests device.bounds_${access} device.bounds_steps_${access} device.bounds_parts_${access})
    add_test(NAME device.bounds_${access} COMMAND device_bounds)
    add_test(NAME device.bounds_steps_${access} COMMAND device_step_checked short ${WHEN})
    add_test(NAME device.bounds_parts_${access} COMMAND device_parts_checked ${WHEN})
    if(access STREQUAL descriptors)
      add_test(NAME device.bounds_away COMMAND device_away_checked)
      add_test(NAME device.bounds_memory COMMAND device_memory_checked)
      list(APPEND tests device.bounds_away device.bounds_memory)
    endif()
    set_tests_properties(${tests} PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77
      ENVIRONMENT "${TEST_ENVIRONMENT};BARCHAN_DEVICE_ACCESS=${access}")
  endforeach()
  set_tests_properties(device.bounds_parts_descriptors PROPERTIES DEPENDS device.bounds_steps_descriptors)
  set_tests_properties(device.bounds_away PROPERTIES DEPENDS device.bounds_parts_descriptors)
  set_tests_properties(device.bounds_memory PROPERTIES DEPENDS device.bounds_away)
endif()
