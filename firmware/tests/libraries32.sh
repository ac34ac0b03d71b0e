#!/usr/bin/env bash
# Puts the libraries that 32-bit tests need into build/i386, from Debian's packages and without installing them: a board
# has 32 bits, and this machine's libraries have 64.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=$PWD/build/i386
[[ -e $out/done ]] && exit
mkdir -p "$out"/{lists,cache,packages,status}
touch "$out/status/status"
options=(-qq -o APT::Architecture=i386 -o APT::Architectures=i386 -o Dir::State::Lists="$out/lists"
  -o Dir::Cache="$out/cache" -o Dir::State::status="$out/status/status" -o APT::Sandbox::User=root)
# A list that cannot be had now is no harm where the packages can.
apt-get "${options[@]}" update || true
cd "$out/packages"
apt-get "${options[@]}" download libmbedcrypto7 libmbedtls-dev libcjson1 libcjson-dev
for package in *.deb; do dpkg --extract "$package" "$out"; done
touch "$out/done"
