#!/usr/bin/env bash
#SBATCH --job-name={{name}}
#SBATCH --nodes={{nodes}}
#SBATCH --ntasks-per-node={{ntasks_per_node}}
#SBATCH --time={{time}}
#SBATCH --output={{run}}/slurm-%j.out
#SBATCH --open-mode=append
{{directives}}
# Written by `umbra submit`. Runs the campaign, and goes on with it in another allocation until it is done.
set -u
cd {{directory}} || exit 1

run={{run}}
overrides=({{overrides}})
{{array}}
echo "$SLURM_JOB_ID" >"$run/slurm_job"

# When the allocation ends (Unix seconds): the campaign stops in good order before that.
UMBRA_DEADLINE=$(date -d "$(squeue --noheader --job "$SLURM_JOB_ID" --format %e | head -n 1)" +%s) && export UMBRA_DEADLINE
export TMPDIR=${SLURM_TMPDIR:-${TMPDIR:-/tmp}}

{{launch}}
campaign=$!
# A signal from Slurm is handed on as the one that mpirun forwards (it would kill on SIGTERM), and waited for again.
trap 'kill -USR1 "$campaign" 2>/dev/null' USR1 TERM
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
  75) {{again}} ;;
  1 | 2) echo "the campaign ended with exit code $code" ;;
  *) # a rank, a node or the network has died
    echo "the campaign was ended from outside, exit code $code"
    if [ "$run/sessions.json" -nt "$run/slurm_job" ]; then {{again}}; fi
    ;;
esac
exit "$code"
