# mpirun may never end when its ranks have died (a lock of its own): it is ended once it has had no living child for half a minute.
end_when_alone() {
  local had_child='' alone=0
  while kill -0 "$1" 2>/dev/null; do
    sleep 5
    if [[ $(ps -o stat= --ppid "$1") =~ [RSDTt] ]]; then
      had_child=yes alone=0
    elif [ -n "$had_child" ]; then
      alone=$((alone + 1))
    fi
    [ "$alone" -lt 6 ] || kill -KILL "$1"
  done
}
mpirun --quiet --mca mpi_yield_when_idle 1 --mca odls_base_sigkill_timeout 0 {{program}} run {{job}} "${overrides[@]}" &
