# device.cmake -- the tests of steps on a device: device.*, on Mesa's lavapipe where no GPU is at hand.

# Each number of lanes has its folder of compiled kernels: Mesa 22.3 names them without it, and takes those of another number.
foreach(lanes 4 8 16) # kernels that find their buffers by addresses; by descriptors with 8 lanes is what unit.device_* do
  math(EXPR width "32 * ${lanes}")
  add_test(NAME device.addresses_${lanes} COMMAND device_step_test short)
  add_test(NAME device.addresses_parts_${lanes} COMMAND device_parts_test)
  set_tests_properties(device.addresses_${lanes} device.addresses_parts_${lanes} PROPERTIES TIMEOUT 600 SKIP_RETURN_CODE 77
    ENVIRONMENT "${TEST_ENVIRONMENT};LP_NATIVE_VECTOR_WIDTH=${width};MESA_SHADER_CACHE_DIR=${TEST_WORK}/lanes_${lanes};BARCHAN_DEVICE_ACCESS=addresses")
endforeach()
add_test(NAME device.addresses_away COMMAND device_away_test)
add_test(NAME device.addresses_memory COMMAND device_memory_test)
set_tests_properties(device.addresses_away device.addresses_memory PROPERTIES TIMEOUT 600 SKIP_RETURN_CODE 77
  ENVIRONMENT "${TEST_ENVIRONMENT};BARCHAN_DEVICE_ACCESS=addresses")
foreach(lanes 4 16)
  math(EXPR width "32 * ${lanes}")
  add_test(NAME device.arithmetic_${lanes} COMMAND device_test)
  add_test(NAME device.steps_${lanes} COMMAND device_step_test short)
  set_tests_properties(device.arithmetic_${lanes} device.steps_${lanes} PROPERTIES TIMEOUT 600 SKIP_RETURN_CODE 77
    ENVIRONMENT "${TEST_ENVIRONMENT};LP_NATIVE_VECTOR_WIDTH=${width};MESA_SHADER_CACHE_DIR=${TEST_WORK}/lanes_${lanes}")
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
if(BRC_ASAN_BUILD) # the driver and its compiler are not ours: they leak
  set_property(TEST asan.device_test asan.device_step_test asan.device_parts_test asan.device_away_test asan.device_memory_test asan.device_ranks_test APPEND PROPERTY ENVIRONMENT ASAN_OPTIONS=detect_leaks=0:abort_on_error=1)
endif()

# ---- kernels that look at each index before they use it ----------------------------------------------------------------
# Vulkan's GPU-assisted checks do this too, but of the kernels that they have changed lavapipe takes 40 s to compile `rows` and has not
# compiled `force` in 15 minutes (validation layers 1.3.239, Mesa 22.3.6).
if(TEST_PYTHON AND SPIRV_DIS_PROGRAM AND SPIRV_AS_PROGRAM AND NOT BRC_SANITIZE)
  set(CHECKED ${CMAKE_CURRENT_BINARY_DIR}/checked)
  file(MAKE_DIRECTORY ${CHECKED})
  set(entries ${SHADER_ENTRIES})
  list(FILTER entries EXCLUDE REGEX "^(addresses/)?(law|bench|fixedmath)") # steps run without these
  foreach(access "" addresses)
    set(out ${CHECKED}/bounds${access}.spv)
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
    DEPENDS ${tool} ${SHADER_DIR}/spirv.c ${CHECKED}/bounds.spv ${CHECKED}/boundsaddresses.spv VERBATIM
    COMMENT "making kernels that look at their indices")
  add_library(brc_checked OBJECT ${CMAKE_SOURCE_DIR}/engine/compute_vulkan.c ${CHECKED}/kernels.c)
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
    set(tests device.bounds_${access} device.bounds_steps_${access} device.bounds_parts_${access})
    add_test(NAME device.bounds_${access} COMMAND device_bounds)
    add_test(NAME device.bounds_steps_${access} COMMAND device_step_checked short)
    add_test(NAME device.bounds_parts_${access} COMMAND device_parts_checked)
    if(access STREQUAL descriptors)
      add_test(NAME device.bounds_away COMMAND device_away_checked)
      add_test(NAME device.bounds_memory COMMAND device_memory_checked)
      list(APPEND tests device.bounds_away device.bounds_memory)
    endif()
    set_tests_properties(${tests} PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77
      ENVIRONMENT "${TEST_ENVIRONMENT};BARCHAN_DEVICE_ACCESS=${access}")
  endforeach()
endif()
