# Installs the build into a folder of its own, and configures, builds and runs a small project against it.
# Arguments: see CMakeLists.txt.
set(prefix ${work}/prefix)
set(libraries ${prefix}/${libdir})

# step(what it shows, command…): runs it, and ends the test with its output where it fails.
function(step what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  message(STATUS "${what}")
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${ARGN}\nended with ${code}:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

# Every library that a file needs is found, without help from the environment.
function(check_links file)
  step("${file} finds its libraries" ldd ${file})
  if(output MATCHES "not found")
    message(FATAL_ERROR "${output}")
  endif()
  find_program(readelf readelf)
  if(readelf)
    execute_process(COMMAND ${readelf} -d ${file} OUTPUT_VARIABLE entries)
    if(entries MATCHES "\\[[^\n]*${build}/(src|plugins)")
      message(FATAL_ERROR "${file} looks for libraries in the build tree:\n${entries}")
    endif()
  endif()
endfunction()

set(flags "")
if(sanitize)
  set(flags "-fsanitize=${sanitize}")
endif()
# The installed files, and nothing else, are to be found.
unset(ENV{INFLIGHT_PLUGIN_PATH})
unset(ENV{LD_LIBRARY_PATH})

file(REMOVE_RECURSE ${work})
step("install" ${CMAKE_COMMAND} --install ${build} --prefix ${prefix})
step("configure" ${CMAKE_COMMAND} -S ${project} -B ${work}/build -G ${generator} -D CMAKE_PREFIX_PATH=${prefix}
     -D CMAKE_CXX_COMPILER=${compiler} -D CMAKE_CXX_FLAGS=${flags})
step("build" ${CMAKE_COMMAND} --build ${work}/build)

check_links(${libraries}/libinflight.so)
check_links(${prefix}/bin/inflight)
step("a simulated engine" ${work}/build/consumer any "sim:latency=1ms,lanes=2" "synthetic:320x180,frames=20")
message("${output}")
step("a model in a process of its own" ${work}/build/consumer any "PROCESS:sim:latency=1ms" "synthetic:320x180,frames=20")
check_links(${libraries}/inflight/inflight-model)
step("the installed command" ${prefix}/bin/inflight devices)
if(openvino)
  check_links(${libraries}/inflight/inflight_ov.so)
  if(NOT output MATCHES "ov:CPU" OR NOT output MATCHES "${prefix}/[^\n]*/inflight_ov.so")
    message(FATAL_ERROR "the installed OpenVINO engine was not found:\n${output}")
  endif()
  step("OpenVINO" ${work}/build/consumer ${assets}/person-detection-0200.xml ov:CPU "synthetic:320x180,frames=20")
  message("${output}")
endif()

# An installation is one folder, which may be moved.
file(RENAME ${prefix} ${work}/elsewhere)
step("a moved installation" ${work}/elsewhere/bin/inflight devices)
set(found "${output}")
step("a process of a moved installation" ${work}/elsewhere/bin/inflight run -m any -d "PROCESS:sim:latency=1ms"
     -i "synthetic:64x64,frames=5" --quiet)
set(output "${found}")
if(openvino AND NOT output MATCHES "elsewhere/[^\n]*inflight_ov.so")
  message(FATAL_ERROR "the moved OpenVINO engine was not found:\n${output}")
endif()
