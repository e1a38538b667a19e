#!/bin/sh
# Debian's adbd and adb of bookworm-backports, unpacked below a folder. Nothing is installed: installed, they would replace
# the libraries that aapt and others run with. Usage: debian_adbd.sh FOLDER
set -eu
mkdir -p "$1/lists/partial" "$1/cache/archives/partial" "$1/packages" "$1/root"
cd "$1"
home=$PWD
[ -e root/usr/lib/android-sdk/platform-tools/adbd ] && exit 0
mirror=$(sed -n 's/^URIs: *//p; s/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) .*/\2/p' /etc/apt/sources.list.d/debian.sources \
  /etc/apt/sources.list 2>/dev/null | head -n 1)
[ -n "$mirror" ] || { echo "debian_adbd.sh: no Debian mirror in /etc/apt" >&2; exit 1; }
for suite in bookworm bookworm-backports; do
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
done >sources.list
own_apt() {
  apt-get -qq -o Dir::Etc::sourcelist="$home/sources.list" -o Dir::Etc::sourceparts=- -o Dir::Cache="$home/cache" \
    -o Dir::State::lists="$home/lists" -o APT::Sandbox::User=root -t bookworm-backports "$@"
}
own_apt update
cd packages
own_apt download adbd adb android-libbase android-libboringssl android-libcutils android-liblog android-libutils \
  android-libziparchive libprotobuf32 libbrotli1 liblz4-1 libusb-1.0-0 libzstd1 libsystemd0
for package in *.deb; do dpkg-deb -x "$package" "$home/root"; done
