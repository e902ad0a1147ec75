"""Configuring says what is wrong where the HDF5 found is not the parallel one."""
import os
import subprocess

from campaigns import Folder, SOURCE, write

# What CMake's own module says of a serial HDF5.
SERIAL = """
set(HDF5_FOUND TRUE)
set(HDF5_IS_PARALLEL FALSE)
set(HDF5_C_INCLUDE_DIRS /opt/serial/include)
"""

with Folder():
    os.mkdir("modules")
    write("modules/FindHDF5.cmake", SERIAL)
    done = subprocess.run(["cmake", "-S", SOURCE, "-B", "build", "-DCMAKE_MODULE_PATH=" + os.path.abspath("modules")], capture_output=True, text=True)
    text = " ".join(done.stderr.split())
    assert done.returncode != 0
    for words in ("/opt/serial/include", "is not the parallel one", "libhdf5-openmpi-dev", "HDF5_ROOT"):
        assert words in text, f"{words!r} is not in:\n{done.stderr}"
