//! The container's `/etc`.

use super::{Facts, GroupFilter, Step};
use crate::account;
use crate::policy::PolicyError;

/// Who there always is in a dynamic passwd and group, so that files of root have an owner with a name.
const ROOT_PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\n";
const ROOT_GROUP: &str = "root:x:0:\n";

/// The text the original writes; directory services are not asked from within a container.
const NSSWITCH: &str = "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nnetworks: files dns\n\
    services: files\nprotocols: files\nethers: files\nrpc: files\nnetgroup: files\n";

const HOST_CONF: &str = "order bind,hosts\nmulti on\n";

pub(super) fn etc(facts: &Facts<'_>, steps: &mut Vec<Step>) -> Result<(), PolicyError> {
    steps.push(Step::Symlink { path: "/etc/mtab".into(), target: "/proc/mounts".into() });
    for name in ["/etc/hosts", "/etc/resolv.conf", "/etc/localtime"] {
        steps.push(Step::HostFile { from: name.into(), to: name.into() });
    }
    let file = |path: &str, text: String| Step::File { path: path.into(), mode: 0o644, text };
    let groups = GroupFilter {
        user: facts.user.name.clone(),
        most: usize::try_from(facts.conf.max_group_count.unwrap_or(0)).unwrap_or(usize::MAX),
    };
    steps.push(file("/etc/shadow", String::new()));
    if facts.conf.populate_etc_dynamically == Some(true) {
        let all = format!("{ROOT_GROUP}{}", facts.accounts.group);
        let group = account::filter_groups(all.as_bytes(), &groups);
        steps.push(file("/etc/passwd", format!("{ROOT_PASSWD}{}", facts.accounts.passwd)));
        steps.push(file("/etc/group", String::from_utf8_lossy(&group).into_owned()));
        steps.push(file("/etc/nsswitch.conf", NSSWITCH.to_owned()));
        steps.push(file("/etc/host.conf", HOST_CONF.to_owned()));
    } else {
        let from = facts.conf.etc_path.clone().ok_or(PolicyError::MissingKey("etcPath"))?;
        steps.push(Step::StaticEtc { from, groups, more: facts.accounts.clone() });
    }
    Ok(())
}
