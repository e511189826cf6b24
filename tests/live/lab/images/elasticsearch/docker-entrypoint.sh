#!/bin/bash
# bash, since dash drops variables such as "discovery.type" from the environment.
set -euo pipefail
if [[ ${1-} != eswrapper ]]; then exec "$@"; fi
if [[ $(id -u) == 0 ]]; then
  exec setpriv --reuid=1000 --regid=1000 --clear-groups elasticsearch-lab.py
fi
exec elasticsearch-lab.py
