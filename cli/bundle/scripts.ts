import { quote } from "shlex";

/** Says which machine a bundle is for, in the words of `uname`. */
const SYSTEMS: Record<string, string> = { linux: "Linux", darwin: "Darwin" };
const MACHINES: Record<string, string> = { x64: "x86_64|amd64", arm64: "aarch64|arm64" };

/**
 * The script at the head of a bundle: `tar xf FILE && sh berth-bundle/unbundle`. It needs no Node.js; it verifies the
 * checksums, takes Node.js and berth out and lets them do the rest.
 *
 * @param platform as Node.js calls it
 * @param arch as Node.js calls it
 */
export const unbundleScript = (platform: string, arch: string): string => `#!/bin/sh
# Unpacks this bundle of berth: sh berth-bundle/unbundle [--to FOLDER] [--images]
set -eu
die() {
  printf 'error: %s\\n' "$1" >&2
  exit 1
}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
case $(uname -s)/$(uname -m) in
${SYSTEMS[platform] ?? platform}/${(MACHINES[arch] ?? arch).replaceAll("|", ` | ${SYSTEMS[platform] ?? platform}/`)}) ;;
*) die "this bundle is for ${platform} ${arch} and this machine is $(uname -s) $(uname -m); make one on a machine like this one" ;;
esac
if command -v sha256sum >/dev/null 2>&1; then
  sums() { sha256sum -c; }
elif command -v shasum >/dev/null 2>&1; then
  sums() { shasum -a 256 -c; }
else
  die "neither sha256sum nor shasum is here, so the bundle cannot be verified; install coreutils"
fi
# The images, which may be large, are verified once, by berth.
(cd -- "$here" && grep -v 'images' SHA256SUMS | sums >/dev/null 2>&1) ||
  die "the bundle in $here is damaged or not complete; copy it again and compare its checksum with that of the original"
work=$here/.work
rm -rf -- "$work"
trap 'rm -rf -- "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -- "$work"
{ tar -xzf "$here/tools.tar.gz" -C "$work" bin/node && tar -xzf "$here/project.tar.gz" -C "$work"; } ||
  die "cannot unpack the bundle in $here; look whether the disk is full"
"$work/bin/node" --version >/dev/null ||
  die "the Node.js of this bundle does not run here; make the bundle on a machine with a system like this one's"
"$work/bin/node" "$work/project/cli/berth.js" unbundle "$here" "$@"
`;

/** The program \`berth\` in the folder of a bundle. */
export const WRAPPER = `#!/bin/sh
# berth with the programs of its bundle: ./berth up STACK
set -eu
self=$(readlink -f -- "$0" 2>/dev/null || printf '%s' "$0")
folder=$(CDPATH='' cd -- "$(dirname -- "$self")" && pwd -P)
if [ -e "$folder/.updating" ]; then
  echo "error: the last unbundle to $folder was cut off; run it again" >&2
  exit 1
fi
# shellcheck disable=SC2034 # env reads it
BERTH_FOLDER=$folder
. "$folder/env"
exec "$folder/bin/node" "$folder/project/cli/berth.js" "$@"
`;

/** What a shell has to source for the plain \`pulumi\` and \`node\`. */
export const environmentScript = (
  folder: string,
): string => `# For the plain CLI: source this file, then \`pulumi up\` in the folder project beside it.
BERTH_FOLDER=\${BERTH_FOLDER:-${quote(folder)}}
export PATH="$BERTH_FOLDER/bin:$PATH"
export PULUMI_HOME="$BERTH_FOLDER/home"
# Nothing asks for updates or plugins: there is no network to ask.
export PULUMI_SKIP_UPDATE_CHECK=true
export PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true
if [ -z "\${PULUMI_CONFIG_PASSPHRASE+set}\${PULUMI_CONFIG_PASSPHRASE_FILE+set}" ] &&
  [ -f "$BERTH_FOLDER/project/.berth/passphrase" ]; then
  export PULUMI_CONFIG_PASSPHRASE_FILE="$BERTH_FOLDER/project/.berth/passphrase"
fi
unset BERTH_FOLDER
`;
