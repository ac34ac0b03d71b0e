#!/usr/bin/env bash
# fetch.sh FOLDER ARCHIVE SHA256: downloads the source of a Debian package and unpacks it into a folder, unless it is
# there already. ARCHIVE is its path in Debian's pool of packages. Any mirror will do, for the hash is checked. Nothing
# is installed.
set -euo pipefail
folder=$1 archive=$2 hash=$3
[[ -e $folder/$hash ]] && exit
mkdir -p "$(dirname "$folder")"
part=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$part"' EXIT

touch "$part/errors"
mirrors=$(apt-get indextargets --format '$(REPO_URI)' 2>>"$part/errors" | sort -u) || true
for mirror in $mirrors http://deb.debian.org/debian/; do
  [[ $mirror == *security* ]] && continue
  file=$part/$(basename "$archive")
  if /usr/lib/apt/apt-helper -qq -o APT::Sandbox::User=root download-file "${mirror%/}/pool/main/$archive" "$file" \
    "SHA256:$hash" 2>>"$part/errors"; then
    tar -C "$part" --strip-components=1 -xf "$file"
    touch "$part/$hash"
    rm -rf "$folder"
    mv "$part" "$folder"
    exit
  fi
done
cat "$part/errors" >&2
echo "$archive cannot be fetched from Debian: look at the network and at /etc/apt." >&2
exit 1
