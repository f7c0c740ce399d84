#!/bin/bash
if [ -f /rr/current/.shared/.session-lock ]
then
   ps -p `cat /rr/current/.shared/.session-lock` >/dev/null
   if [ $? == 0 ]
   then
     echo xtopview is currently locked, cannot perform update of Shifter passwd/group files.
     exit 1
   fi
fi
xtopview -r /rr/current -x /etc/opt/cray/sdb/node_classes -e "getent passwd > /etc/shifter/shifter_etc_files/passwd" > /dev/null 2>&1
xtopview -r /rr/current -x /etc/opt/cray/sdb/node_classes -e "getent group > /etc/shifter/shifter_etc_files/group" > /dev/null 2>&1
