# `cmake --install` and, in other projects, find_package(inflight).
include(CMakePackageConfigHelpers)

# The installation is one folder that may be moved; only libraries that are not the system's are found by full path.
set_target_properties(inflight PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)
install(TARGETS inflight EXPORT inflight-targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
# detail/ is what the library and the programs share without offering it.
install(DIRECTORY include/inflight DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} PATTERN detail EXCLUDE)
install(EXPORT inflight-targets NAMESPACE inflight:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/inflight)
configure_package_config_file(cmake/inflight-config.cmake.in inflight-config.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/inflight)
write_basic_package_version_file(inflight-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/inflight-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/inflight-config-version.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/inflight)
install(FILES LICENSE NOTICE DESTINATION ${CMAKE_INSTALL_DOCDIR})
