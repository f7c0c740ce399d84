//! What `/proc` says of a process, taken apart. Pure: who reads the files is asked elsewhere.
//!
//! The kernel writes these texts, but a user chooses the name of his process, and what ended meanwhile is cut short.

use crate::capability::Held;

/// When a process began that has not ended, in clock ticks after the boot: proc_pid_stat(5), fields 22 and 3. The second
/// field is a name in brackets that may hold anything.
#[must_use]
pub fn began(stat: &str) -> Option<u64> {
    let (_, behind_the_name) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = behind_the_name.split_whitespace().collect();
    if ["Z", "X"].contains(fields.first()?) {
        return None;
    }
    fields.get(19)?.parse().ok()
}

/// The mount of an open file: proc_pid_fdinfo(5).
#[must_use]
pub fn mount_of_file(fdinfo: &str) -> Option<u64> {
    fdinfo.lines().find_map(|line| line.strip_prefix("mnt_id:"))?.trim().parse().ok()
}

/// The real uid: proc_pid_status(5).
#[must_use]
pub fn uid(status: &str) -> Option<u32> {
    status.lines().find_map(|line| line.strip_prefix("Uid:"))?.split_whitespace().next()?.parse().ok()
}

/// Real, effective, saved and file system id.
pub type Ids = [u32; 4];

/// What a process may do, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    /// User ids.
    pub users: Ids,
    /// Group ids.
    pub groups_of_ids: Ids,
    /// Supplementary groups, as the kernel sorts them.
    pub groups: Vec<u32>,
    /// The capabilities in each set.
    pub sets: Held,
    /// Whether no exec can give a right.
    pub no_new_privs: bool,
}

/// The rights: proc_pid_status(5). The kernel escapes the line breaks of a name, so each line is its own; `None` where one is
/// missing or is not understood.
#[must_use]
pub fn rights(status: &str) -> Option<Rights> {
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let numbers = |name: &str| -> Option<Vec<u32>> {
        field(name)?.split_ascii_whitespace().map(|number| number.parse().ok()).collect()
    };
    let set = |name: &str| u64::from_str_radix(field(name)?.trim(), 16).ok();
    Some(Rights {
        users: numbers("Uid")?.try_into().ok()?,
        groups_of_ids: numbers("Gid")?.try_into().ok()?,
        groups: numbers("Groups")?,
        sets: Held {
            inheritable: set("CapInh")?,
            permitted: set("CapPrm")?,
            effective: set("CapEff")?,
            bounding: set("CapBnd")?,
            ambient: set("CapAmb")?,
        },
        no_new_privs: match field("NoNewPrivs")?.trim() {
            "1" => true,
            "0" => false,
            _ => return None,
        },
    })
}

/// The name: proc_pid_comm(5), without what a terminal would obey.
#[must_use]
pub fn name(comm: &[u8]) -> String {
    String::from_utf8_lossy(comm.trim_ascii_end()).chars().filter(|character| !character.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_told_by_its_fields_whatever_its_name() {
        let fields = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20";
        assert_eq!(began(&format!("12 (a) Z 0 (b) {fields}")), Some(4711));
        assert_eq!(began(&format!("12 (sh) {}", fields.replace('S', "Z"))), None);
        assert_eq!([began("12 (sh) S 1"), began("12 sh"), began("")], [None; 3]);
        assert_eq!(mount_of_file("pos:\t0\nflags:\t02\nmnt_id:\t29\n"), Some(29));
        assert_eq!(uid("Name:\tsh\nUid:\t1000\t0\t0\t0\n"), Some(1000));
        assert_eq!(name(b"a\x1b[31m\xff b\n"), "a[31m\u{fffd} b");
    }

    #[test]
    fn an_answer_without_a_line_is_none() {
        let whole = "Name:\tx\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t27 100 \nCapInh:\t0\nCapPrm:\t1\nCapEff:\t2\n\
            CapBnd:\t000001ffffffffff\nCapAmb:\t0\nNoNewPrivs:\t1\n";
        let said = rights(whole).unwrap();
        assert_eq!((said.users, said.groups, said.no_new_privs), ([1, 2, 3, 4], vec![27, 100], true));
        let sets = Held { inheritable: 0, permitted: 1, effective: 2, bounding: (1 << 41) - 1, ambient: 0 };
        assert_eq!(said.sets, sets);
        for name in ["Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs"] {
            assert_eq!(rights(&whole.replace(name, "Other")), None, "{name}");
        }
        assert_eq!(rights(&whole.replace("\t1\t2\t3\t4", "\t1\t2\t3")), None);
    }
}
