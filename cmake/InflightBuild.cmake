# How every target of the project is built, and the functions that declare layers and tests.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# Only what public headers declare (INFLIGHT_API) and what plugins are asked for is visible in libraries.
# Clang does not carry the visibility of a namespace's block on to definitions in other blocks, so that functions would be
# missing: everything is visible in what it builds.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(CMAKE_CXX_VISIBILITY_PRESET hidden)
  set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
endif()
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(tl-expected REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)

add_library(inflight_flags INTERFACE)
target_compile_options(inflight_flags INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  # libstdc++'s own stable_sort uses what it has declared deprecated, and clang says so.
  target_compile_options(inflight_flags INTERFACE -Wthread-safety -Wno-deprecated-declarations)
endif()

# What Debian builds its packages with, so that a fault in a decoder is a crash and not a way in.
if(NOT INFLIGHT_SANITIZE)
  add_compile_options(-fstack-protector-strong -fstack-clash-protection -fcf-protection
                      $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
  add_link_options(LINKER:-z,relro,-z,now $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-pie>)
else()
  add_compile_options(-fsanitize=${INFLIGHT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${INFLIGHT_SANITIZE})
endif()
# Fuzz targets see where their inputs lead in all code that is compiled so; to anything else it is a small cost.
if(INFLIGHT_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# inflight_run_path(TARGET ENTRIES…): where an installed program or library looks for others. It looks there in the build
# tree too, where links stand for what will be installed. Otherwise CMake would write another path when it installs, and
# leave room for it by a colon at the end; an empty entry means the current folder, and anybody's libraries.
function(inflight_run_path target)
  set_target_properties(${target} PROPERTIES INSTALL_RPATH "${ARGN}" BUILD_WITH_INSTALL_RPATH ON)
endfunction()

# inflight_layer(NAME FOLDERS subfolders… DEPENDS other layers… LINK libraries…): the *.cpp of the folder and of
# those subfolders as an object library, and the *_test.cpp, which lie beside them, as one test program.
function(inflight_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "FOLDERS;DEPENDS;LINK")
  set(folders ${CMAKE_CURRENT_SOURCE_DIR} ${arg_FOLDERS})
  list(TRANSFORM folders APPEND /*.cpp OUTPUT_VARIABLE sources)
  list(TRANSFORM folders APPEND /*_test.cpp OUTPUT_VARIABLE tests)
  file(GLOB sources CONFIGURE_DEPENDS ${sources})
  file(GLOB tests CONFIGURE_DEPENDS ${tests})
  list(REMOVE_ITEM sources ${tests} "")
  set(target inflight_${name})
  list(TRANSFORM arg_DEPENDS PREPEND inflight_)

  add_library(${target} OBJECT ${sources})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/include PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}
                             PRIVATE ${arg_FOLDERS})
  target_link_libraries(${target} PUBLIC tl::expected Threads::Threads
                        PRIVATE ${arg_DEPENDS} ${arg_LINK} fmt::fmt inflight_flags)
  set_property(GLOBAL APPEND PROPERTY INFLIGHT_LAYERS ${target})

  if(INFLIGHT_TESTS AND tests)
    inflight_test(${name}_test SOURCES ${tests} LINK ${target}_headers ${arg_LINK} LABELS ${name})
    target_include_directories(${name}_test PRIVATE ${arg_FOLDERS})
  endif()

  # For tests and plugins: the headers of the layer and of those below, without the objects (they are in inflight_whole).
  add_library(${target}_headers INTERFACE)
  target_include_directories(${target}_headers INTERFACE ${CMAKE_CURRENT_SOURCE_DIR})
  list(TRANSFORM arg_DEPENDS APPEND _headers)
  target_link_libraries(${target}_headers INTERFACE ${arg_DEPENDS})
endfunction()

# inflight_test(NAME SOURCES files… LINK libraries… LABELS labels…): a GoogleTest program, one ctest per test.
function(inflight_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK;LABELS")
  find_package(GTest REQUIRED)
  include(GoogleTest)
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINK} inflight_whole GTest::gmock GTest::gtest_main fmt::fmt
                        nlohmann_json::nlohmann_json inflight_flags)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  set_target_properties(${name} PROPERTIES ENABLE_EXPORTS ON)  # plugins then share the public part with the test
  if(INFLIGHT_SANITIZE)
    target_compile_options(${name} PRIVATE -O0)  # compiles in half the time; what they test stays optimised
  endif()
  set(environment ENVIRONMENT "INFLIGHT_PLUGIN_PATH=${PROJECT_BINARY_DIR}/plugins"
                  ENVIRONMENT_MODIFICATION "INFLIGHT_SOURCE_DIR=set:${PROJECT_SOURCE_DIR}")  # no list survives discovery
  if(INFLIGHT_SANITIZE)
    inflight_sharded_test(${name} ${environment} LABELS "${arg_LABELS}" TIMEOUT 900)
  else()
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST
                         PROPERTIES ${environment} LABELS "${arg_LABELS}" TIMEOUT 300)
  endif()
endfunction()

# inflight_sharded_test(NAME properties…): the tests of a program in a few processes, not one each: under sanitizers,
# starting takes longer than most tests.
function(inflight_sharded_test name)
  set(shards 4)
  math(EXPR last "${shards} - 1")
  foreach(shard RANGE ${last})
    add_test(NAME ${name}.${shard} COMMAND ${name} --gtest_brief=1)
    set_tests_properties(${name}.${shard} PROPERTIES ${ARGN})
    # Test programs hold the library's objects, and plugins bring the library: whatever is public is there twice.
    set_property(TEST ${name}.${shard} APPEND PROPERTY ENVIRONMENT_MODIFICATION
                 GTEST_TOTAL_SHARDS=set:${shards} GTEST_SHARD_INDEX=set:${shard} ASAN_OPTIONS=set:detect_odr_violation=0)
  endforeach()
endfunction()
