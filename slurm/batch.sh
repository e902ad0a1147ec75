#!/usr/bin/env bash
#SBATCH --job-name={{name}}
#SBATCH --nodes={{nodes}}
#SBATCH --ntasks-per-node={{ntasks_per_node}}
#SBATCH --time={{time}}
#SBATCH --output={{run}}/slurm-%j.out
#SBATCH --open-mode=append
{{directives}}
# Written by `umbra submit`. Runs the campaign, and goes on with it in another allocation until it is done. To stop it: scancel.
set -u
cd {{directory}} || exit 1

run={{run}}
overrides=({{overrides}})
{{array}}
echo "$SLURM_JOB_ID" >"$run/slurm_job"
# As squeue and scancel name this job; of an array only this task.
job=${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID}
job=${job:-$SLURM_JOB_ID}

# When the allocation ends, in Unix seconds; nothing where it has no limit.
end_of_allocation() {
  local limit={{time_s}} begun=$EPOCHSECONDS end
  [ "$limit" -gt 0 ] || return 0
  for _ in 1 2 3 4 5; do # a busy controller does not always answer
    end=$(squeue --noheader --job "$job" --format %e 2>/dev/null)
    if [[ $end =~ ^[0-9]{4}-[^[:space:]]+$ ]] && date -d "$end" +%s 2>/dev/null; then return; fi
    sleep 1
  done
  echo "${SLURM_JOB_END_TIME:-$((begun + limit))}"
}

# Somebody wants the campaign to stop, for good. Slurm calls a job COMPLETING as long as this script runs; where it ended it itself it gives a reason (TimeLimit).
is_cancelled() {
  [ -n "$terminated" ] && [[ $(squeue --noheader --job "$job" --states=all --format '%T %r' 2>/dev/null) =~ ^(COMPLETING|CANCELLED)\ None ]]
}

go_on_later() {
  if is_cancelled; then
    echo "cancelled: nothing that was finished is lost, submit it again to go on"
  else
    {{again}}
  fi
}

# The campaign stops in good order before that.
UMBRA_DEADLINE=$(end_of_allocation) && export UMBRA_DEADLINE
export TMPDIR=${SLURM_TMPDIR:-${TMPDIR:-/tmp}}

terminated=
{{launch}}
campaign=$!
{{watch}}# A signal from Slurm is handed on as the one that mpirun forwards (it would kill on SIGTERM), and waited for again.
trap 'kill -USR1 "$campaign" 2>/dev/null' USR1
trap 'terminated=yes; kill -USR1 "$campaign" 2>/dev/null' TERM
while true; do
  wait "$campaign"
  code=$?
  kill -0 "$campaign" 2>/dev/null || break
done
wait "$campaign" 2>/dev/null
last=$?
[ "$last" -ne 127 ] && code=$last

case $code in
  0) echo "the campaign is done: $run/results.h5" ;;
  75) go_on_later ;;
  *)
    if [ "$code" -le 2 ] && [ -z "$terminated" ]; then
      echo "the campaign ended with exit code $code"
    else # mpirun was told to end, or a rank, a node or the network has died
      echo "the campaign was ended from outside, exit code $code"
      if [ "$run/sessions.json" -nt "$run/slurm_job" ]; then go_on_later; fi
    fi
    ;;
esac
exit "$code"
