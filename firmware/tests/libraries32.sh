#!/usr/bin/env bash
# Unpacks the libraries that 32-bit tests need into build/i386, from Debian's packages, without installing them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=$PWD/build/i386
[[ -e $out/done ]] && exit
mkdir -p "$out"/{lists,cache,packages,status}
touch "$out/status/status"
options=(-qq -o APT::Architecture=i386 -o APT::Architectures=i386 -o Dir::State::Lists="$out/lists"
  -o Dir::Cache="$out/cache" -o Dir::State::status="$out/status/status" -o APT::Sandbox::User=root)
# A failed update does no harm if the packages can be downloaded.
apt-get "${options[@]}" update || true
cd "$out/packages"
apt-get "${options[@]}" download libmbedcrypto7 libmbedtls-dev libcjson1 libcjson-dev
for package in *.deb; do dpkg --extract "$package" "$out"; done
touch "$out/done"
