# shellcheck shell=sh
# Packages with apt, dnf or yum: a repository and its key, what is missing, a version; all of it taken back where it
# fails. Never upgrades or removes what somebody else has installed.
: "${raw:?}" "${folder:?}" "${manager:?}" "${pinned_version:?}" "${package_limit:?}"
: "${repo_file:?}" "${repo_text:?}" "${repo_url:?}" "${key_file:?}" "${key_url:?}" "${key_text:?}"
: "${fingerprint:?}" "${fingerprint_strict:?}" "${packages?}" "${optional?}" "${pinned?}"

# What packages_undo has to take back.
listed=no
repo_written=no

# among WORD WORDS...
among() {
  among_word=$1
  shift
  for among_other in "$@"; do [ "$among_other" != "$among_word" ] || return 0; done
  return 1
}

# version_of NAME: of a package whose installation has come to its end.
version_of() {
  if [ "$manager" = apt ]; then
    dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$1" 2>/dev/null | sed -n 's/^installed //p' | head -n 1
  else
    rpm -q --qf '%{VERSION}-%{RELEASE}\n' "$1" 2>/dev/null | grep -v ' ' | head -n 1 || :
  fi
}

# is_version INSTALLED WANTED: a full version, or what the project itself calls it.
is_version() {
  is_version_full=$(printf '%s\n' "$1" | sed 's/^[0-9]*://')
  [ "$is_version_full" = "${2#*:}" ] || [ "$(printf '%s\n' "$is_version_full" | sed 's/[^0-9.].*$//')" = "$2" ]
}

# is_missing NAME: or installed in another version than asked for.
is_missing() {
  is_missing_version=$(version_of "$1")
  [ -n "$is_missing_version" ] || return 0
  # shellcheck disable=SC2086 # names of packages
  among "$1" $pinned || return 1
  [ "$pinned_version" != any ] || return 1
  ! is_version "$is_missing_version" "$pinned_version"
}

packages_missing() {
  for packages_missing_name in $packages; do
    if is_missing "$packages_missing_name"; then return 0; fi
  done
  return 1
}

# package_list: all that is installed, whole or half, with versions.
package_list() {
  if [ "$manager" = apt ]; then
    dpkg-query -W -f '${Package}:${Architecture} ${Version} ${db:Status-Status}\n' |
      awk '$3 != "config-files" && $3 != "not-installed" { print $1, $2 }'
  else
    rpm -qa --qf '%{NAME}.%{ARCH} %{VERSION}-%{RELEASE}\n' | grep -v '^gpg-pubkey'
  fi
}

# patiently COMMAND...: run, again where another package manager is at work.
patiently() {
  patiently_until=$(($(date +%s) + package_limit))
  patiently_said=no
  while :; do
    patiently_status=0
    run "$package_limit" "$@" || patiently_status=$?
    if [ "$patiently_status" = 0 ] || [ "$(date +%s)" -ge "$patiently_until" ] ||
      ! grep -q -e 'ould not get lock' -e 'locked by another process' -e 'Unable to acquire the dpkg' "$raw"; then
      return "$patiently_status"
    fi
    [ "$patiently_said" = yes ] || say "waits for another package manager on this host"
    patiently_said=yes
    sleep 2
  done
}

# apt_get ARGUMENTS...: asks nothing, keeps edited files of configuration, and removes nothing.
apt_get() {
  patiently apt-get -q -y -o "DPkg::Lock::Timeout=$package_limit" -o Dpkg::Options::=--force-confdef \
    -o Dpkg::Options::=--force-confold "$@"
}

# package_fail SENTENCE [STATUS]
package_fail() {
  # The errors first found say more than those that follow from them.
  if [ -s "$folder/update" ]; then cat "$folder/update" "$raw" >"$folder/both" && mv "$folder/both" "$raw"; fi
  case ${2-} in
    '') fail "$1" ;;
    124 | 137) fail "$1: it took longer than $package_limit s and was ended" ;;
    *) fail "$1 (exit status $2)" ;;
  esac
}

# fetch URL FILE
fetch() {
  if [ -x /usr/lib/apt/apt-helper ]; then
    # With the proxies that apt is set up with.
    run 60 /usr/lib/apt/apt-helper -o Acquire::Retries=1 download-file "$1" "$2"
  else
    run 60 curl -fsSL --max-time 50 --retry 1 -o "$2" "$1"
  fi
}

# primary_keys FILE: fingerprints of the keys in it.
primary_keys() {
  mkdir -p "$folder/gnupg"
  gpg --batch --homedir "$folder/gnupg" --with-colons --with-fingerprint "$1" 2>"$raw" |
    awk -F : '$1 == "pub" { primary = 1 } $1 == "sub" { primary = 0 } $1 == "fpr" && primary { print $10; primary = 0 }' |
    sort -u
}

repository_key() {
  if [ "$key_text" = fetch ]; then
    fetch "$key_url" "$folder/key" || fail "the key that signs the packages cannot be fetched from $key_url"
  else
    decode "$key_text" "$folder/key" || fail "the key could not be written to /run"
  fi
  if ! grep -q 'BEGIN PGP PUBLIC KEY BLOCK' "$folder/key"; then
    head -n 5 "$folder/key" >"$raw"
    fail "what lies at $key_url is not a key"
  fi
  [ "$fingerprint" != any ] || return 0
  if has gpg; then
    repository_key_is=$(primary_keys "$folder/key")
    if [ "$repository_key_is" != "$fingerprint" ]; then
      : >"$raw"
      fail "the packages of $repo_url are signed by the key $(printf '%s' "${repository_key_is:-none}" | tr '\n' ' ' | sed 's/ $//'), not by $fingerprint; give the mirror's own fingerprint if that is right"
    fi
  elif [ "$fingerprint_strict" = yes ]; then
    fail "this host has no gpg to check the key's fingerprint with"
  else
    say "the key is taken as $key_url has it: there is no gpg on this host to check its fingerprint with"
  fi
}

# repository_elsewhere: the file in which somebody else has named the same repository.
repository_elsewhere() {
  case $manager in
    apt) set -- /etc/apt/sources.list /etc/apt/sources.list.d ;;
    *) set -- /etc/yum.repos.d ;;
  esac
  grep -rlsF -e "$repo_url" "$@" 2>/dev/null | grep -e '\.list$' -e '\.sources$' -e '\.repo$' |
    grep -vxF -e "$repo_file" | head -n 1 || :
}

# repository: names it to the package manager, where nobody has yet.
repository() {
  [ "$repo_file" != none ] || return 0
  repository_other=$(repository_elsewhere)
  if [ -n "$repository_other" ]; then
    say "uses $repo_url as $repository_other names it already"
    return 0
  fi
  decode "$repo_text" "$folder/repository.in" || fail "there is no room in /run"
  repository_arch=
  [ "$manager" != apt ] || repository_arch=$(dpkg --print-architecture)
  sed "s/@ARCH@/$repository_arch/" "$folder/repository.in" >"$folder/repository"
  if [ "$(digest_of "$repo_file")" = "$(digest_of "$folder/repository")" ] && [ -s "$key_file" ]; then return 0; fi
  repository_key
  repo_written=yes
  for repository_part in key repository; do
    repository_file=$key_file
    [ "$repository_part" = key ] || repository_file=$repo_file
    # A name that package managers pass over in silence.
    if [ -e "$repository_file" ] && [ ! -e "$repository_file.before-berth.bak" ]; then
      cp -p "$repository_file" "$repository_file.before-berth.bak" 2>"$raw" || fail "no copy of $repository_file could be kept"
    fi
    if ! mkdir -p "$(dirname "$repository_file")" 2>"$raw" ||
      ! cp "$folder/$repository_part" "$repository_file.berth" 2>"$raw" || ! chmod 644 "$repository_file.berth"; then
      rm -f "$repository_file.berth"
      fail "$repository_file could not be written"
    fi
    replace "$repository_file" "$repository_file.berth"
  done
  say "wrote $repo_file"
}

# repository_back: as it was before berth named it.
repository_back() {
  for repository_file in "$repo_file" "$key_file"; do
    rm -f "$repository_file.berth"
    if [ -e "$repository_file.before-berth.bak" ]; then
      mv -f "$repository_file.before-berth.bak" "$repository_file"
    else
      rm -f "$repository_file"
    fi
  done
}

# with_version NAME: the package as its manager is told of it; nothing where there is no such version.
with_version() {
  # shellcheck disable=SC2086 # names of packages
  if [ "$pinned_version" = any ] || ! among "$1" $pinned; then
    echo "$1"
  elif [ "$manager" = apt ]; then
    apt-cache madison "$1" 2>/dev/null | awk -F ' *[|] *' -v name="$1" -v wanted="$pinned_version" '{
      upstream = $2
      sub(/^[0-9]+:/, "", upstream)
      sub(/[^0-9.].*$/, "", upstream)
      if ($2 == wanted || upstream == wanted) { print name "=" $2; exit }
    }'
  else
    echo "$1-$pinned_version"
  fi
}

# is_offered NAME: whether the package manager knows such a package.
is_offered() {
  if [ "$manager" = apt ]; then
    apt-cache policy "$1" 2>/dev/null | grep -q 'Candidate: [^(]'
  else
    "$manager" -q list "$1" >/dev/null 2>&1 </dev/null 9>&-
  fi
}

# mend: what a former run of the package manager left half-done would stop every other.
mend() {
  [ "$manager" = apt ] || return 0
  if [ -z "$(dpkg --audit 2>/dev/null)" ] && [ -z "$(ls /var/lib/dpkg/updates 2>/dev/null)" ]; then return 0; fi
  if patiently dpkg --configure -a || apt_get --fix-broken install; then
    say "completed an installation that broke off earlier"
  else
    fail "an installation broke off on this host earlier, and cannot be completed (dpkg --configure -a)"
  fi
}

refresh_lists() {
  [ "$manager" = apt ] || return 0
  say "reads the lists of packages"
  refresh_status=0
  apt_get update || refresh_status=$?
  # Somebody else's repository may be out of reach for ever; what is missing shows below.
  grep -e '^E:' -e '^W:' -e '^Err:' "$raw" >"$folder/update" || :
  [ "$refresh_status" != 124 ] || package_fail "the lists of packages could not be read" "$refresh_status"
}

# packages_install: those of $packages that are missing, and those of $optional that there are.
packages_install() {
  packages_missing || return 0
  package_list >"$folder/packages" || fail "the installed packages cannot be listed"
  listed=yes
  mend
  packages_missing || return 0
  case $manager:$key_url in
    apt:https:*)
      # Debian's smallest installation knows no authority.
      if [ ! -e /etc/ssl/certs/ca-certificates.crt ]; then
        refresh_lists
        apt_get --no-remove install -- ca-certificates || package_fail "ca-certificates cannot be installed" "$?"
      fi
      ;;
  esac
  repository
  refresh_lists
  set --
  for install_name in $packages $optional; do
    is_missing "$install_name" || continue
    # shellcheck disable=SC2086 # names of packages
    if among "$install_name" $optional && ! is_offered "$install_name"; then continue; fi
    install_as=$(with_version "$install_name")
    if [ -z "$install_as" ]; then
      apt-cache madison "$install_name" >"$raw" 2>/dev/null || :
      package_fail "there is no $install_name $pinned_version in the repositories of this host"
    fi
    set -- "$@" "$install_as"
  done
  say "installs $*"
  install_status=0
  if [ "$manager" = apt ]; then
    apt_get --no-remove --allow-downgrades install -- "$@" || install_status=$?
  else
    patiently "$manager" -y install "$@" || install_status=$?
  fi
  [ "$install_status" = 0 ] || package_fail "$* could not be installed" "$install_status"
  if packages_missing && [ "$manager" != apt ]; then
    # An older version than the installed one.
    patiently "$manager" -y downgrade "$@" || install_status=$?
  fi
  if packages_missing; then package_fail "$* could not be installed" "$install_status"; fi
  if [ "$repo_written" = yes ]; then
    mkdir -p "$(record_folder)" && : >"$(record_folder)/repository"
  fi
}

# packages_undo: what packages_install has done; fails where it cannot.
packages_undo() {
  packages_undo_fine=yes
  if [ "$listed" = yes ]; then
    package_list >"$folder/packages.now" || return 1
    packages_undo_added=$(awk 'NR == FNR { had[$1]; next } !($1 in had) { print $1 }' "$folder/packages" "$folder/packages.now")
    packages_undo_changed=$(awk -v apt="$manager" 'NR == FNR { now[$1] = $2; next }
      $1 in now && now[$1] != $2 { print $1 (apt == "apt" ? "=" : "-") $2 }' "$folder/packages.now" "$folder/packages")
    if [ -n "$packages_undo_added" ]; then
      # Not the package manager, which does nothing while something is half-installed; and never with --purge.
      # shellcheck disable=SC2086 # names of packages
      if [ "$manager" = apt ]; then
        # Sizes of a full disk: what was only fetched goes first.
        find /var/cache/apt/archives -name '*.deb' -newer "$folder/packages" -delete 2>/dev/null || :
        run "$package_limit" dpkg --remove --force-depends --force-remove-reinstreq $packages_undo_added || packages_undo_fine=no
      else
        run "$package_limit" rpm -e --nodeps $packages_undo_added || packages_undo_fine=no
      fi
      [ "$packages_undo_fine" = yes ] || last_lines "$raw"
    fi
    if [ -n "$packages_undo_changed" ]; then
      # shellcheck disable=SC2086 # names of packages
      if [ "$manager" = apt ]; then
        apt_get --no-remove --allow-downgrades install -- $packages_undo_changed || packages_undo_fine=no
      else
        patiently "$manager" -y downgrade $packages_undo_changed || packages_undo_fine=no
      fi
      [ "$packages_undo_fine" = yes ] || last_lines "$raw"
    fi
  fi
  if [ "$repo_written" = yes ]; then
    repository_back
    rm -f "$(record_folder)/repository"
  fi
  [ "$packages_undo_fine" = yes ]
}

# packages_touched: whether packages_undo has anything to do.
packages_touched() {
  [ "$repo_written" = no ] || return 0
  [ "$listed" = yes ] || return 1
  [ "$(package_list)" != "$(cat "$folder/packages")" ]
}

# packages_remove NAMES...: those that are installed; their files of configuration and their data stay.
packages_remove() {
  packages_remove_all=$*
  set --
  for packages_remove_name in $packages_remove_all; do
    [ -z "$(version_of "$packages_remove_name")" ] || set -- "$@" "$packages_remove_name"
  done
  if [ "$#" != 0 ]; then
    mend
    packages_remove_status=0
    if [ "$manager" = apt ]; then
      apt_get remove -- "$@" || packages_remove_status=$?
    else
      patiently "$manager" -y --setopt=clean_requirements_on_remove=False remove "$@" || packages_remove_status=$?
    fi
    [ "$packages_remove_status" = 0 ] || package_fail "$* could not be removed" "$packages_remove_status"
    say "removed $*; what they had brought along stays until the package manager's autoremove"
  fi
  if [ -e "$(record_folder)/repository" ]; then
    repository_back
    say "took $repo_file back"
  fi
}
