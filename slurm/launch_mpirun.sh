mpirun --mca mpi_yield_when_idle 1 --mca odls_base_sigkill_timeout 60 {{program}} run {{job}} "${overrides[@]}" &
