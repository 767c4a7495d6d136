#!/usr/bin/env bash
# Build the operator's console (or test it), with the machine's Node.js where it is new enough, else with the
# one of the virtual environment.
# Usage: deploy/build_console.sh VENV_BIN [build|test]      (called by `make console` and `make test`)
set -euo pipefail
bin=$(cd "$1" && pwd) task=${2:-build}
new_enough='const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)'
if ! { command -v npm >/dev/null && node -e "$new_enough" 2>/dev/null; }; then
  PATH="$bin:$PATH"
fi
cd "$(dirname "$0")/../services/console"
stamp=node_modules/.installed
if [ ! -e "$stamp" ] || [ package-lock.json -nt "$stamp" ]; then
  echo "Installing the console's packages …"
  npm ci --no-audit --no-fund --loglevel=error
  touch "$stamp"
fi
echo "Console: $task …"
npm run --silent "$task"
