# lib.sh: what scripts/run and scripts/test share. To be sourced by bash, from the top of the checkout.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin # mosquitto lives there, and not every user looks there

# say TEXT...: one line about what happens now
say() { printf '\n== %s\n' "$*"; }

# fail TEXT...: the reason, and the end
fail() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# packages USE...: the names in packages.txt for these uses
packages() {
  local name use rest want
  while read -r name use rest; do
    for want in "$@"; do [ "$use" != "$want" ] || echo "$name"; done
  done <scripts/packages.txt
}

# install_packages USE...: installs what is missing, and nothing when nothing is
install_packages() {
  local missing=() name sudo=
  command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    { say "This is no Debian: these packages (or what they are called here) must be there: $(packages "$@" | tr '\n' ' ')"; return 0; }
  for name in $(packages "$@"); do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "Installing: ${missing[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "packages are missing and there is no sudo; as root: apt-get install ${missing[*]}"
    sudo=sudo
  fi
  local quiet=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0)
  { $sudo "${quiet[@]}" update && $sudo "${quiet[@]}" install --no-install-recommends "${missing[@]}"; } >build/install.log 2>&1 ||
    { tail -n 20 build/install.log >&2; fail "installing failed, see build/install.log; by hand: apt-get install ${missing[*]}"; }
}

# cores: how many things to do at once
cores() { local n; n=$(nproc 2>/dev/null || echo 2); echo $((n < 2 ? 2 : n > 4 ? 4 : n)); }
