//! What a container with an sshd has in its `/etc/ssh`: the keys of its job, for the user alone, and what `ssh` is told of
//! the job's hosts.

use shifter_formats::job_key::JobKey;
use shifter_formats::ssh_client::{self, KEYS};

use super::{Facts, Purpose, Step};

/// The name of this host for itself.
const OURSELVES: &str = "localhost";

/// What belongs to the sshd of a job.
#[derive(Clone)]
pub struct Ssh {
    /// Where it listens.
    pub port: u16,
    /// The contents of [`JobKey::FILES`], which are secrets.
    pub files: [Vec<u8>; 4],
}

impl std::fmt::Debug for Ssh {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ssh").field("port", &self.port).finish_non_exhaustive()
    }
}

impl Facts<'_> {
    pub(super) fn ssh(&self, steps: &mut Vec<Step>) {
        let Purpose::SetUp { hosts, ssh: Some(ssh), .. } = self.purpose else { return };
        let (uid, gid) = (self.hooks.uid, self.hooks.gid);
        steps.push(Step::UsersDirectory { path: KEYS.into(), uid, gid });
        for (name, content) in JobKey::FILES.into_iter().zip(&ssh.files) {
            let path = format!("{KEYS}/{name}").into();
            steps.push(Step::UsersFile { path, uid, gid, content: content.clone().into() });
        }
        let hosts = each_once(hosts.unwrap_or_default());
        let text = ssh_client::configuration(&hosts, ssh.port, &self.user.name, KEYS);
        steps.push(Step::File { path: "/etc/ssh/ssh_config".into(), mode: 0o644, text });
    }
}

/// Each host of `/var/hostsfile`, in its order, and this one by the name that every host has for itself.
fn each_once(lines: &str) -> Vec<&str> {
    let mut known = std::collections::HashSet::new();
    [OURSELVES].into_iter().chain(lines.lines()).filter(|host| known.insert(*host)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_is_named_once() {
        assert_eq!(each_once("n2\nn2\nn1\nn2\nlocalhost\n"), ["localhost", "n2", "n1"]);
        assert_eq!(each_once(""), ["localhost"]);
    }
}
