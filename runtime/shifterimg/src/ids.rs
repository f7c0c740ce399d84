//! `--user` and `--group`: names and numbers.
//!
//! A name that nobody has is refused. Dropped, as the original does it, it would leave the list
//! shorter than the user believes, and an empty list means everybody there.

use nix::unistd::{Gid, Group, Uid, User};
use shifter_gateway_types::rest::{IdList, PullBody};

use crate::failure::Failure;

/// Who may use a private image besides the user who pulls it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Access {
    users: Option<Vec<u32>>,
    groups: Option<Vec<u32>>,
}

impl Access {
    /// Resolves both lists.
    pub(crate) fn resolve(users: Option<&str>, groups: Option<&str>) -> Result<Self, Failure> {
        let user = |name: &str| User::from_name(name).ok().flatten().map(|user| user.uid).map(Uid::as_raw);
        let group = |name: &str| Group::from_name(name).ok().flatten().map(|group| group.gid).map(Gid::as_raw);
        Ok(Self {
            users: users.map(|list| numbers("user", list, user)).transpose()?,
            groups: groups.map(|list| numbers("group", list, group)).transpose()?,
        })
    }

    /// The body of the request; empty when there is nothing to say.
    pub(crate) fn body(&self) -> String {
        if *self == Self::default() {
            return String::new();
        }
        let list = |ids: &Option<Vec<u32>>| ids.clone().map(IdList);
        let body = PullBody { allowed_uids: list(&self.users), allowed_gids: list(&self.groups) };
        serde_json::to_string(&body).expect("two strings")
    }
    /// Both lists.
    pub(crate) fn lists(&self) -> (Option<IdList>, Option<IdList>) {
        (self.users.clone().map(IdList), self.groups.clone().map(IdList))
    }

    /// The same for a request whose body is something else.
    pub(crate) fn query(&self) -> String {
        let lists = [("allowed_uids", &self.users), ("allowed_gids", &self.groups)];
        let lists = lists.into_iter().filter_map(|(name, ids)| Some((name, IdList(ids.clone()?))));
        let all: Vec<String> = lists.map(|(name, ids)| format!("{name}={ids}")).collect();
        if all.is_empty() { String::new() } else { format!("?{}", all.join("&")) }
    }
}

fn numbers(what: &str, list: &str, by_name: impl Fn(&str) -> Option<u32>) -> Result<Vec<u32>, Failure> {
    let number = |text: &str| {
        let text = text.trim();
        let found = if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { by_name(text) };
        match found {
            Some(0) => Err(Failure::Usage(format!("{what} `{text}` is root's, who starts no containers"))),
            Some(id) => Ok(id),
            None => Err(Failure::Usage(format!("there is no {what} `{text}`"))),
        }
    };
    list.split(',').map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_become_the_body_of_the_original() {
        let access = Access::resolve(Some("nobody,5"), Some("65534")).unwrap();
        assert_eq!(access.body(), r#"{"allowed_uids":"65534,5","allowed_gids":"65534"}"#);
    }

    #[test]
    fn without_lists_the_body_is_empty() {
        assert_eq!(Access::resolve(None, None).unwrap().body(), "");
    }

    #[test]
    fn unknown_names_empty_elements_and_root_are_refused() {
        for wrong in ["no-such-user", "1000,", "", "root", "0", "-1", "99999999999"] {
            assert!(matches!(Access::resolve(Some(wrong), None), Err(Failure::Usage(_))), "{wrong:?}");
        }
    }
}
