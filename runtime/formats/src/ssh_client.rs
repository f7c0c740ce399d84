//! What `ssh` in a job's container is told of the other hosts of the job, in the form of ssh_config(5).

use std::fmt::Write as _;

/// Where the container has the keys of its job: a directory of the user's own.
pub const KEYS: &str = "/etc/ssh/shifter";
/// What all hosts of a job are called in `known_hosts`: they share one key, which no other job has.
pub const HOST_ALIAS: &str = "shifter-job";

/// Readers before OpenSSH 7.7 take lines of up to 1023 bytes only.
const LONGEST_LINE: usize = 1000;

/// The whole of `/etc/ssh/ssh_config`. Other hosts than these are reached as without it; what a user says in his own
/// `~/.ssh/config` comes first (ssh_config(5): the first value obtained is used).
#[must_use]
pub fn configuration(hosts: &[&str], port: u16, user: &str, keys: &str) -> String {
    let mut text = "# By setupRoot: the hosts of this job, as in /var/hostsfile.\n".to_owned();
    let mut line = String::new();
    for host in hosts {
        if line.len() + host.len() > LONGEST_LINE {
            text += &block(&line, port, user, keys);
            line.clear();
        }
        line.push(' ');
        line.push_str(host);
    }
    if !line.is_empty() {
        text += &block(&line, port, user, keys);
    }
    text
}

fn block(hosts: &str, port: u16, user: &str, keys: &str) -> String {
    let mut text = format!("Host{hosts}\n");
    let port = port.to_string();
    let (identity, known) = (format!("{keys}/id_ed25519"), format!("{keys}/known_hosts"));
    let rows = [
        ("Port", port.as_str()),
        ("User", user),
        ("IdentityFile", &identity),
        ("IdentitiesOnly", "yes"),
        ("PreferredAuthentications", "publickey"),
        ("HostKeyAlias", HOST_ALIAS),
        ("UserKnownHostsFile", &known),
        ("GlobalKnownHostsFile", "/dev/null"),
        ("StrictHostKeyChecking", "yes"),
        ("CheckHostIP", "no"),
    ];
    for (name, value) in rows {
        // Writing to a String fails for nobody.
        let _infallible = writeln!(text, "    {name} {value}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hosts_of_the_job_are_reached_by_its_key() {
        let text = configuration(&["n1", "n2"], 1204, "ada", KEYS);
        assert!(
            text.contains("\nHost n1 n2\n    Port 1204\n    User ada\n    IdentityFile /etc/ssh/shifter/id_ed25519\n")
        );
        assert!(text.contains("StrictHostKeyChecking yes"), "{text}");
        assert_eq!(configuration(&[], 1204, "ada", KEYS).lines().count(), 1);
    }

    #[test]
    fn thousands_of_hosts_are_on_lines_that_every_client_reads() {
        let hosts: Vec<String> = (0..4000).map(|number| format!("nid{number:05}")).collect();
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        let text = configuration(&hosts, 1204, "ada", KEYS);
        assert!(text.lines().all(|line| line.len() < 1023));
        let named = text.lines().filter_map(|line| line.strip_prefix("Host ")).flat_map(|line| line.split(' ')).count();
        assert_eq!(named, 4000);
    }
}
