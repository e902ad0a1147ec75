"""The installed package serves a project of its own: find_package(umbra), a model that registers itself, and the installed program."""
import os
import subprocess

from campaigns import Folder, write

CMAKE = """
cmake_minimum_required(VERSION 3.22)
project(consumer LANGUAGES C CXX)
find_package(umbra REQUIRED)
add_executable(consumer consumer.cpp)
target_link_libraries(consumer PRIVATE umbra::umbra)
"""
PROGRAM = """
#include <cstdio>
#include "src/models/evaluator.h"
#include "src/models/point.h"
#include "jobs/executor.h"
#include "io/reader.h"
#include "workflows/campaign.h"
int main() {
  umbra::Faults faults;
  const auto model = umbra::ModelRegistry::instance().make(umbra::Config::map({{"type", "rosenbrock", {}}}), faults, {{"x", "y"}});
  umbra::RandomStream stream(1, umbra::Purpose::evaluate, 0);
  const double theta[] = {1.0, 1.0};
  double row[] = {-1.0};
  model->evaluate(theta, stream, row);
  std::printf("%g\\n", row[0]);
}
"""

with Folder():
    prefix = os.path.abspath("prefix")
    quiet = {"check": True, "stdout": subprocess.DEVNULL}
    subprocess.run(["cmake", "--install", os.environ["UMBRA_BINARY_DIR"], "--prefix", prefix], **quiet)
    os.mkdir("consumer")
    write("consumer/CMakeLists.txt", CMAKE)
    write("consumer/consumer.cpp", PROGRAM)
    subprocess.run(["cmake", "-S", "consumer", "-B", "build", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}"], **quiet)
    subprocess.run(["cmake", "--build", "build"], **quiet)
    assert subprocess.run(["build/consumer"], capture_output=True, text=True, check=True).stdout in ("0\n", "-0\n")
    listing = subprocess.run([f"{prefix}/bin/umbra", "list"], capture_output=True, text=True, check=True).stdout
    assert "differential_evolution" in listing
    for folder, _, names in os.walk(f"{prefix}/include"):
        for name in names:
            text = open(os.path.join(folder, name)).read()
            assert "<mpi.h>" not in text and "<hdf5.h>" not in text, f"{name} needs MPI's or HDF5's headers"
