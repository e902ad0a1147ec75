# What Umbra stands on. Packages that bring no CMake target of their own get one named umbra::<package> here.

find_package(Threads REQUIRED)
find_package(MPI REQUIRED COMPONENTS CXX)
find_package(Eigen3 3.3 REQUIRED NO_MODULE)
find_package(Boost 1.70 REQUIRED COMPONENTS serialization)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)

set(HDF5_PREFER_PARALLEL ON)
find_package(HDF5 1.10 REQUIRED COMPONENTS C)
if(NOT HDF5_IS_PARALLEL)
  message(FATAL_ERROR "The HDF5 found (${HDF5_C_INCLUDE_DIRS}) is not the parallel one (Umbra's ranks write one shared file). "
    "Install it (Debian: libhdf5-openmpi-dev; clusters: module load hdf5-parallel or phdf5), or point HDF5_ROOT to it.")
endif()

# Makes umbra::<name> from a header and (optionally) a library.
function(umbra_find name header library debian)
  find_path(UMBRA_${name}_INCLUDE ${header})
  if(library)
    find_library(UMBRA_${name}_LIBRARY ${library})
  endif()
  if(NOT UMBRA_${name}_INCLUDE OR (library AND NOT UMBRA_${name}_LIBRARY))
    message(FATAL_ERROR "${name} was not found: install it (Debian: ${debian}) or add its prefix to CMAKE_PREFIX_PATH.")
  endif()
  add_library(umbra_${name} INTERFACE)
  target_include_directories(umbra_${name} SYSTEM INTERFACE $<BUILD_INTERFACE:${UMBRA_${name}_INCLUDE}>)
  if(library)
    target_link_libraries(umbra_${name} INTERFACE $<BUILD_INTERFACE:${UMBRA_${name}_LIBRARY}>)
  endif()
  add_library(umbra::${name} ALIAS umbra_${name})
endfunction()

umbra_find(random123 Random123/philox.h "" librandom123-dev)
umbra_find(muparser muParser.h muparser libmuparser-dev)
umbra_find(nlopt nlopt.h nlopt libnlopt-dev)

add_library(umbra_hdf5 INTERFACE)
target_include_directories(umbra_hdf5 SYSTEM INTERFACE $<BUILD_INTERFACE:${HDF5_C_INCLUDE_DIRS}>)
target_link_libraries(umbra_hdf5 INTERFACE $<BUILD_INTERFACE:${HDF5_C_LIBRARIES}>)
target_compile_definitions(umbra_hdf5 INTERFACE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)
add_library(umbra::hdf5 ALIAS umbra_hdf5)

add_library(umbra_json INTERFACE)
target_link_libraries(umbra_json INTERFACE nlohmann_json::nlohmann_json)
add_library(umbra::json ALIAS umbra_json)
