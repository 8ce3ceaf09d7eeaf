# What every script here needs before it can build; sourced by them, not run.

# The Debian packages that a build needs beside Swift: the name, then the pkg-config module that
# shows it is there.
build_packages=('liblz4-dev:liblz4' 'libsqlite3-dev:sqlite3')

# What the rows of the fault table inject faults with; without one its rows are skipped.
fault_packages=(
  'strace:/strace' 'faketime:/faketime' 'util-linux:/prlimit' 'e2fsprogs:/chattr' 'gcc:/cc'
)

# Ends the script with one sentence.
stop() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Stops unless a Swift of at least 6.2 is on the PATH.
need_swift() {
  command -v swift >/dev/null 2>&1 || stop \
    'Swift 6.2 or newer is needed and no swift is on the PATH; https://www.swift.org/install says how to get it.'
  local version
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
  case $version in
    '') stop 'swift --version does not say which version it is; Swift 6.2 or newer is needed.' ;;
    [0-5].* | 6.0 | 6.1) stop "Swift 6.2 or newer is needed and $(command -v swift) is $version." ;;
  esac
}

# Installs the Debian packages that are missing; each argument is NAME:MODULE or NAME:/COMMAND.
need_packages() {
  local package missing=()
  command -v pkg-config >/dev/null 2>&1 || missing+=(pkg-config)
  for package in "$@"; do
    case $package in
      *:/*) command -v "${package#*:/}" >/dev/null 2>&1 || missing+=("${package%%:*}") ;;
      *) pkg-config --exists "${package#*:}" 2>/dev/null || missing+=("${package%%:*}") ;;
    esac
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null 2>&1 || stop \
    "these packages are needed, under whatever name your system has them: ${missing[*]}."
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || stop \
      "these packages are needed; as root, run: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  printf 'Installing %s.\n' "${missing[*]}" >&2
  local log
  log=$(mktemp)
  # An old package list is the usual reason for a failure, so it is fetched anew before the second try.
  install_packages() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1
  }
  if ! install_packages; then
    "${as_root[@]}" apt-get update >"$log" 2>&1 && install_packages || {
      cat "$log" >&2
      rm -f "$log"
      stop "apt-get could not install ${missing[*]}; its words stand above."
    }
  fi
  rm -f "$log"
}
