#!/bin/sh
set -e
mkdir -p mnt/c
mount --bind /mnt/c mnt/c
mkdir -p mnt/a
mount --bind /mnt/a mnt/a
mkdir -p mnt/b
mount --bind /mnt/b mnt/b
mkdir -p ufs
mkdir -p var/opt/cray/alps
mount --bind /ufs ufs
mount --bind /var/opt/cray/alps var/opt/cray/alps
ln -s mnt/c/scratch scratch
ln -s mnt/a/u u
ln -s mnt/a/sw sw
ln -s sw/cm cm
ln -s mnt/b/projects projects
mkdir -p dsl/opt
mount --bind /dsl/opt dsl/opt
exit 0
