# Makes the scratch machine that docs/using-shifter.md describes, and gives alice the rest of the words as a script. Root runs it,
# in a mount namespace of its own, where everything below ends.
set -eu
mount -t tmpfs -o mode=755 heron /home
mount -t tmpfs -o mode=755 heron /scratch
mkdir -p /tmp/heron /scratch/alice/results /scratch/bob /home/alice /home/bob
printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'alice:x:2001:2001:Alice:/home/alice:/bin/sh' \
    'bob:x:2002:2002:Bob:/home/bob:/bin/sh' >/tmp/heron/passwd
printf '%s\n' 'root:x:0:' 'alice:x:2001:' 'bob:x:2002:' >/tmp/heron/group
mount --bind /tmp/heron/passwd /etc/passwd
mount --bind /tmp/heron/group /etc/group
echo 'a measurement' >/scratch/alice/results/run-1.txt
cd /home/alice
printf 'echo "$1 from $(. /etc/os-release; echo $ID)"\n' >greet.sh
printf '#!/usr/bin/python3\n' >analyse.py
printf '#!/bin/sh\r\necho hello\r\n' >windows.sh
chmod 755 analyse.py windows.sh
# For which machine a program is, two bytes of its header say (elf(5), e_machine).
case $(uname -m) in aarch64) number='\076\000' ;; *) number='\267\000' ;; esac
{ head -c 18 /bin/true; printf "$number"; tail -c +21 /bin/true; } >solver
chmod 755 solver
chown -R alice:alice /home/alice /scratch/alice
chown -R bob:bob /home/bob /scratch/bob
chmod 700 /home/alice /home/bob /scratch/alice /scratch/bob
exec setpriv --reuid 2001 --regid 2001 --clear-groups env -i "PATH=$PATH" HOME=/home/alice USER=alice LC_ALL=C.UTF-8 \
    TZ=UTC LMOD_CMD=/opt/lmod sh -c "$1"
