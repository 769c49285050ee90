# How every target of the project is built, and the functions that declare layers and tests.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
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
  target_compile_options(inflight_flags INTERFACE -Wthread-safety)
endif()
if(INFLIGHT_SANITIZE)
  add_compile_options(-fsanitize=${INFLIGHT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${INFLIGHT_SANITIZE})
endif()

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

  # For tests: the headers of the layer and of those below, without the objects (they are in libinflight).
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
  target_link_libraries(${name} PRIVATE inflight ${arg_LINK} GTest::gmock GTest::gtest_main fmt::fmt
                        nlohmann_json::nlohmann_json inflight_flags)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_definitions(${name} PRIVATE INFLIGHT_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  if(INFLIGHT_SANITIZE)
    target_compile_options(${name} PRIVATE -O0)  # compiles in half the time; what they test stays optimised
  endif()
  set(environment "INFLIGHT_PLUGIN_PATH=${PROJECT_BINARY_DIR}/plugins")
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST
                       PROPERTIES ENVIRONMENT "${environment}" LABELS "${arg_LABELS}" TIMEOUT 300)
endfunction()
