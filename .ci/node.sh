#!/usr/bin/env bash
# Prints the folder of a Node.js: that of this machine where it has the version asked for, else that of npm's package.
#
#   PATH="$(.ci/node.sh 22):$PATH"
#
# BERTH_CI_NODE  where npm's are kept (default ~/.cache/berth-ci/node)
set -euo pipefail

case ${1-} in
  22) VERSION=22.23.3 ;;
  24) VERSION=24.21.0 ;;
  *) echo "node: berth supports Node.js 22 and 24" >&2 && exit 1 ;;
esac

if [[ $(node -p 'process.versions.node.split(".")[0]') == "$1" ]]; then
  dirname "$(type -P node)"
  exit
fi
FOLDER=${BERTH_CI_NODE:-$HOME/.cache/berth-ci/node}/$VERSION
BIN=$FOLDER/bin
if [[ ! -x $BIN/node || $("$BIN/node" --version) != "v$VERSION" ]]; then
  # The package for this kind of machine holds nothing but the program, so that no script has to run.
  PACKAGE=node-$(node -p 'process.platform + "-" + process.arch')
  rm -rf "$FOLDER"
  npm install --prefix "$FOLDER" --no-save --ignore-scripts --no-audit --no-fund "$PACKAGE@$VERSION" >&2
  ln -s "node_modules/$PACKAGE/bin" "$BIN"
fi
echo "$BIN"
