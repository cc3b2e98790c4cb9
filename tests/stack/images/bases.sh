# What the stand-ins are built on: Debian by debootstrap, a stand-in for python:3.11-slim, and programs from Maven Central and
# Go modules. The settings of this machine's package managers go into the images, never into the repository. Sourced by `build`.
PYTHON_IMAGE=$(sed -n 's/^FROM //p' "$SHOP/app/Dockerfile" | head -n 1)
CERTIFICATES=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
IN_IMAGE=/etc/ssl/machine.crt # a name that the distribution's own package does not write over

# Settings of apt on this machine that a container needs too.
apt_settings() {
  apt-config dump | grep -E '^Acquire::(Check-Valid-Until|Check-Date|(http|https)::[Pp]roxy)' || true
  echo 'APT::Install-Recommends "false";'
}

# Settings of pip on this machine, environment first, as a pip.conf.
pip_settings() {
  echo "[global]"
  python3 -m pip config list 2>/dev/null |
    sed -nE "s/^.*\.(index-url|extra-index-url|proxy|trusted-host|cert)='(.*)'$/\1 = \2/p" |
    sed "s|^cert = .*|cert = $IN_IMAGE|" | awk '!seen[$1]++'
}

# base RELEASE : sets BASE to an image of that Debian release
base() {
  local release=$1 key folder mirror begun=$SECONDS
  BASE=tocsin/base:$release
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | head -n 1)
  [ -n "$mirror" ] || die "apt knows no archive to take Debian from"
  key=$(digest "$release" "$mirror" "$(apt_settings)" "$(cat "$CERTIFICATES" 2>/dev/null)" 3)
  up_to_date "$BASE" "$key" && return
  command -v debootstrap >/dev/null || packages debootstrap
  folder=$(mktemp -d)
  as_root debootstrap --variant=minbase "$release" "$folder/root" "$mirror" >"$CACHE/debootstrap-$release.log" 2>&1 ||
    { tail -n 5 "$CACHE/debootstrap-$release.log" >&2; die "debootstrap of $release failed"; }
  apt_settings | as_root tee "$folder/root/etc/apt/apt.conf.d/00machine" >/dev/null
  printf '#!/bin/sh\nexit 101\n' | as_root install -m 755 /dev/stdin "$folder/root/usr/sbin/policy-rc.d"
  [ ! -e "$CERTIFICATES" ] || as_root install -D -m 644 "$CERTIFICATES" "$folder/root$IN_IMAGE"
  as_root rm -rf "$folder/root/var/cache/apt/archives" "$folder/root/var/lib/apt/lists"
  as_root tar -C "$folder/root" -c --exclude=./dev/* --exclude=./proc/* . | docker import --change "LABEL $LABEL=$key" - "$BASE" >/dev/null
  as_root rm -rf "$folder"
  say "$BASE: made in $((SECONDS - begun)) s"
}

# What the real Dockerfiles start from.
python_image() {
  base bookworm
  mkdir -p "$CACHE/pip"
  pip_settings >"$CACHE/pip/pip.conf"
  stand_in python "$PYTHON_IMAGE" "$BASE" "$CACHE/pip"
}

# Apache Kafka with ZooKeeper as a folder of jars.
kafka_jars() {
  local key begun=$SECONDS target=$CACHE/jars
  key=$(digest "$(cat "$HERE/confluent/pom.xml")")
  [ "$(cat "$CACHE/jars.made-from" 2>/dev/null)" != "$key" ] || return 0
  command -v mvn >/dev/null || packages maven
  rm -rf "$target"
  mvn --batch-mode --quiet --file "$HERE/confluent/pom.xml" dependency:copy-dependencies \
    -DoutputDirectory="$target" >"$CACHE/maven.log" 2>&1 || { tail -n 20 "$CACHE/maven.log" >&2; die "no jars of Kafka"; }
  echo "$key" >"$CACHE/jars.made-from"
  say "Kafka and ZooKeeper from Maven Central: fetched in $((SECONDS - begun)) s"
}

# Toxiproxy's server and its command, as programs that need nothing around them.
toxiproxy_programs() {
  local go version begun=$SECONDS target=$CACHE/programs module=github.com/Shopify/toxiproxy/v2
  version=v$(image_of toxiproxy | sed 's/.*://')
  [ "$(cat "$CACHE/programs.made-from" 2>/dev/null)" != "$version" ] || return 0
  go=$(go_program Toxiproxy)
  rm -rf "$target"
  GOBIN=$target CGO_ENABLED=0 "$go" install -trimpath -ldflags "-s -w" "$module/cmd/server@$version" "$module/cmd/cli@$version" \
    >"$CACHE/toxiproxy.log" 2>&1 || { tail -n 20 "$CACHE/toxiproxy.log" >&2; die "Toxiproxy could not be built"; }
  echo "$version" >"$CACHE/programs.made-from"
  say "Toxiproxy $version from its Go module: made in $((SECONDS - begun)) s"
}
