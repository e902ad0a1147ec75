mpirun --quiet --mca mpi_yield_when_idle 1 --mca odls_base_sigkill_timeout 0 {{program}} run {{job}} "${overrides[@]}" &
