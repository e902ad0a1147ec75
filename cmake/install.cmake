# `cmake --install` and find_package(umbra).

include(CMakePackageConfigHelpers)

install(TARGETS umbra umbra-guard umbra-host umbra-spectrum RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS umbra_library EXPORT umbra-targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
foreach(folder src jobs io workflows)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/umbra FILES_MATCHING PATTERN "*.h"
    PATTERN "communicator_handle.h" EXCLUDE PATTERN "mpi_port.h" EXCLUDE PATTERN "hdf5.h" EXCLUDE)
endforeach()
install(FILES ${PROJECT_SOURCE_DIR}/jobs/simulators/umbra_model.h ${PROJECT_SOURCE_DIR}/jobs/simulators/umbra_toys.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/examples DESTINATION ${CMAKE_INSTALL_DATADIR}/umbra)

install(EXPORT umbra-targets NAMESPACE umbra:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/umbra)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/umbra-config.cmake.in ${PROJECT_BINARY_DIR}/umbra-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/umbra)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/umbra-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/umbra-config.cmake ${PROJECT_BINARY_DIR}/umbra-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/umbra)
