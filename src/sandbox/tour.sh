#!/bin/sh
# What a container looks like from inside. Arguments: names of environment variables worth showing.

. /etc/os-release
echo "system       $PRETTY_NAME"
echo "on           $(uname -srm), host $(uname -n)"
echo "as           $(id)"
while read -r key value; do
    case $key in
        CapEff: | CapBnd: | NoNewPrivs:) echo "             $key $value" ;;
    esac
done </proc/self/status
echo "in           $(pwd)"

echo
echo "mounts"
while read -r _ _ _ from at options rest; do
    kind=${rest#*- }
    echo "             $at  ${kind%% *}  $options  ($from)"
done </proc/self/mountinfo

echo
echo "environment the image and the site gave"
for name in "$@"; do
    value=$(printenv "$name") && echo "             $name=$value"
done
exit 0
