srun --mpi=pmix --kill-on-bad-exit=0 {{program}} run {{job}} "${overrides[@]}" &
