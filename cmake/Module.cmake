# imcaxy_module(<name> [DEPENDS target...]): the folder's *.cpp as the static library imcaxy_<name>, but for those of
# modules within it,
# and tests/unit/<name>/*.cpp as the program test_<name>.
function(imcaxy_module name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  file(GLOB inner RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/*/CMakeLists.txt)
  foreach(module ${inner})
    get_filename_component(folder ${module} DIRECTORY)
    list(FILTER sources EXCLUDE REGEX "^${CMAKE_CURRENT_SOURCE_DIR}/${folder}/")
  endforeach()
  add_library(imcaxy_${name} STATIC ${sources})
  target_include_directories(imcaxy_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(imcaxy_${name} PUBLIC ${ARG_DEPENDS})

  file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${name}/*.cpp)
  if(tests)
    add_executable(test_${name} ${tests})
    target_include_directories(test_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
    target_link_libraries(test_${name} PRIVATE imcaxy_${name} imcaxy_test_support GTest::gmock GTest::gtest_main)
    add_test(NAME ${name} COMMAND test_${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 600)
  endif()
endfunction()

# Sources with Highway: the least that it compiles for. What the machine can do beyond it is found out at run time.
function(imcaxy_baseline_of_highway)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS "-march=x86-64-v2"
                                                   COMPILE_DEFINITIONS HWY_DISABLE_PCLMUL_AES)
  endif()
endfunction()
