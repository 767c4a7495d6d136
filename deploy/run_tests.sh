#!/usr/bin/env bash
# Run the whole suite in two halves side by side: what needs a real Kafka and Redis mostly waits (for servers
# that are down, for sessions to end), the rest mostly computes. Usage: deploy/run_tests.sh BIN   (`make test`)
set -euo pipefail
bin=$1 log=var/test-services.log
mkdir -p var
echo "Tests against a real Kafka and Redis run beside; their output comes at the end (now: $log)."
"$bin/pytest" -m services >"$log" 2>&1 &
services=$!
trap 'kill "$services" 2>/dev/null && wait "$services" || true' EXIT # it stops its servers first
status=0
"$bin/pytest" -m "not services" || status=$?
wait "$services" || status=$?
trap - EXIT
cat "$log"
exit "$status"
