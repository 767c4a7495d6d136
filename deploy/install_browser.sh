#!/usr/bin/env bash
# Make sure there is a Chromium for the browser tests: on Debian as root it is installed, elsewhere it is asked
# for. Without one those tests are skipped, loudly; with CI=true that is a failure (see tests/browser).
set -euo pipefail
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing chromium for the browser tests …"
  if apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; then
    exit 0
  fi
fi
echo "No Chromium here: install it (Debian: the package 'chromium') to run the browser tests." >&2
