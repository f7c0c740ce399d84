//! Whose the files of the result are and what their modes allow.

/// Who owns the files of the image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ownership {
    /// Root owns every file, as in the original (`-all-root`).
    #[default]
    Root,
    /// The owners the layers name.
    Image,
}

/// What becomes of permission bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Modes {
    /// As the layers say.
    #[default]
    Image,
    /// As `chmod a+rX,u+w` leaves them: every user can read every file.
    Readable,
}

/// What becomes of set-user-id and set-group-id bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SetId {
    /// They stay; the runtime mounts images `nosuid`.
    #[default]
    Keep,
    /// They are taken from files (directories keep set-group-id).
    Drop,
}

/// The policies of a conversion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Owners.
    pub ownership: Ownership,
    /// Permission bits.
    pub modes: Modes,
    /// Set-id bits.
    pub set_id: SetId,
}

/// What a file system stores about an inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attributes {
    /// Permission and set-id bits, 0o7777.
    pub mode: u16,
    pub uid: u32,
    pub gid: u32,
    /// Seconds since the epoch.
    pub mtime: u32,
}

impl Attributes {
    /// A directory no layer describes.
    pub(crate) const IMPLIED_DIRECTORY: Self = Self { mode: 0o755, uid: 0, gid: 0, mtime: 0 };
}

impl Policy {
    /// `attributes` as this policy writes them.
    pub(crate) fn apply(self, attributes: Attributes, is_directory: bool) -> Attributes {
        let mut result = attributes;
        if self.ownership == Ownership::Root {
            (result.uid, result.gid) = (0, 0);
        }
        if self.modes == Modes::Readable {
            let search = if is_directory || result.mode & 0o111 != 0 { 0o111 } else { 0 };
            result.mode |= 0o644 | search;
        }
        if self.set_id == SetId::Drop && !is_directory {
            result.mode &= !0o6000;
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(policy: Policy, mode: u16, is_directory: bool) -> u16 {
        let attributes = Attributes { mode, uid: 5, gid: 6, mtime: 7 };
        policy.apply(attributes, is_directory).mode
    }

    #[test]
    fn readable_is_what_chmod_a_plus_r_x_u_plus_w_does() {
        let policy = Policy { modes: Modes::Readable, ..Policy::default() };
        assert_eq!(mode(policy, 0o000, false), 0o644);
        assert_eq!(mode(policy, 0o600, true), 0o755);
        assert_eq!(mode(policy, 0o4700, false), 0o4755);
        assert_eq!(mode(policy, 0o1777, true), 0o1777);
    }

    #[test]
    fn set_id_bits_leave_files_only() {
        let policy = Policy { set_id: SetId::Drop, ..Policy::default() };
        assert_eq!(mode(policy, 0o6755, false), 0o755);
        assert_eq!(mode(policy, 0o2755, true), 0o2755);
    }
}
