#!/usr/bin/env bash
# Builds the Pulumi CLI and its Node.js language host from Go modules, for machines that cannot download
# them ready-made. Prints the folder that holds both.
#
#   PATH="$(.ci/tools.sh):$PATH"
#
# BERTH_CI_BIN  that folder (default ~/.cache/berth-ci/bin); what is there in the right version stays
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BIN=${BERTH_CI_BIN:-$HOME/.cache/berth-ci/bin}

CLI=v3.259.0
# Later versions of the SDK have the host in a module of its own, which module proxies do not carry.
HOST=v3.68.0

# Callers read our standard output; all talk goes to standard error.
exec 3>&1 1>&2

# Its recipe belongs to a tool's version: forward.go is part of the host.
stamp_of() { # NAME
  case $1 in
    pulumi) echo "$CLI" ;;
    pulumi-language-nodejs) echo "$HOST $(sha256sum <"$HERE/forward.go")" ;;
  esac
}

missing() { # NAME
  [[ ! -x $BIN/$1 || ! -f $BIN/$1.version || $(<"$BIN/$1.version") != "$(stamp_of "$1")" ]]
}

# A module that is thrown away afterwards: its requirements are what the tool itself asks for.
module() { # NAME
  mkdir -p "$WORK/$1"
  cd "$WORK/$1"
  go mod init "$1" 2>/dev/null
}

build() { # NAME COMMAND...
  local name=$1 begin=$SECONDS
  shift
  echo "tools: building $name"
  "$@"
  mv "$WORK/$name/$name" "$BIN/$name"
  stamp_of "$name" >"$BIN/$name.version"
  echo "tools: $name took $((SECONDS - begin)) s"
}

build_cli() {
  local version=github.com/pulumi/pulumi/sdk/v3/go/common/version.Version
  module pulumi
  # The replacement is in the CLI's own go.mod, but those of dependencies do not count.
  go mod edit -require="github.com/pulumi/pulumi/pkg/v3@$CLI" \
    -replace=github.com/atotto/clipboard=github.com/tgummerer/clipboard@v0.0.0-20241001131231-d02d263e614e
  go get "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi@$CLI"
  go build -ldflags "-s -w -X $version=$CLI" -o pulumi github.com/pulumi/pulumi/pkg/v3/cmd/pulumi
}

build_host() {
  local source
  module pulumi-language-nodejs
  go get "github.com/pulumi/pulumi/sdk/v3@$HOST"
  source=$(go list -m -f '{{.Dir}}' github.com/pulumi/pulumi/sdk/v3)/nodejs/cmd/pulumi-language-nodejs
  cp "$source"/*.go "$HERE/forward.go" .
  chmod u+w ./*.go
  rm -f ./*_test.go
  # The imports of the copied files, in the versions that the SDK itself asks for.
  go mod edit -go="$(go list -m -f '{{.GoVersion}}' github.com/pulumi/pulumi/sdk/v3)"
  go get .
  go build -ldflags "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=$HOST" -o pulumi-language-nodejs .
}

mkdir -p "$BIN"
# Two runs on one machine would build the same twice.
exec 9>"$BIN/.lock"
flock 9
if missing pulumi || missing pulumi-language-nodejs; then
  type -P go >/dev/null || { echo "tools: Go is needed to build the Pulumi CLI"; exit 1; }
  WORK=$(mktemp -d)
  trap 'rm -rf "$WORK"' EXIT
  export GOFLAGS=-mod=mod CGO_ENABLED=0
  if missing pulumi; then build pulumi build_cli; fi
  if missing pulumi-language-nodejs; then build pulumi-language-nodejs build_host; fi
fi
echo "$BIN" >&3
