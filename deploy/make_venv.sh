#!/usr/bin/env bash
# Make the virtual environment: pinned and hashed dependencies, then this project in place.
# Usage: deploy/make_venv.sh PYTHON VENV      (called by `make install`)
set -euo pipefail
python=$1 venv=$2
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "Python 3.11 or newer is needed; '$python' is $("$python" --version 2>&1 || echo 'not there')." >&2
  echo "Name another one: make PYTHON=python3.12 install" >&2
  exit 1
fi
echo "Setting up $venv (a minute or two, once) …"
if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
  "$python" -m venv --clear "$venv" || {
    echo "'$python' cannot make virtual environments; on Debian and Ubuntu install the package python3-venv." >&2
    exit 1
  }
fi
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
