//! What rules ask about nodes: the facts of a view, and one finding for all nodes that show the same.

use crate::diagnostic::{Fix, KeyPath};
use crate::facts::{Facts, Named, Role, named};
use crate::lint::{Findings, View};
use crate::profile::Profile;
use crate::profile::section::Kind;
use crate::site::Site;

/// Something wrong on one node.
#[derive(Clone, PartialEq)]
pub(crate) struct Seen {
    at: KeyPath,
    message: String,
    help: String,
    fix: Option<Fix>,
}

impl Seen {
    /// `message` about what `at` names. The nodes are added to it.
    pub(crate) fn new(at: impl Into<KeyPath>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { at: at.into(), message: message.into(), help: help.into(), fix: None }
    }

    /// The same with a repair of the profile.
    pub(crate) fn fix(self, fix: Option<Fix>) -> Self {
        Self { fix, ..self }
    }
}

/// How many nodes a message names.
const NAMED: usize = 3;

/// Asks `look` about every node of the view. What several nodes show is one finding, which names them.
pub(crate) fn each_host<'a>(view: &View<'a>, out: &mut Findings<'_>, look: impl FnMut(&'a Facts, &mut Vec<Seen>)) {
    each_of(&view.hosts, out, look);
}

/// The same for some nodes of the view.
pub(crate) fn each_of<'a>(
    hosts: &[&'a Facts],
    out: &mut Findings<'_>,
    mut look: impl FnMut(&'a Facts, &mut Vec<Seen>),
) {
    let mut all: Vec<(Seen, Vec<&str>)> = Vec::new();
    for facts in hosts {
        let mut found = Vec::new();
        look(facts, &mut found);
        for seen in found {
            match all.iter_mut().find(|(known, _)| *known == seen) {
                Some((_, hosts)) => hosts.push(&facts.host),
                None => all.push((seen, vec![&facts.host])),
            }
        }
    }
    for (Seen { at, message, help, fix }, mut hosts) in all {
        hosts.sort_unstable();
        hosts.dedup();
        out.report(format!("on {}: {message}", listed(&hosts)), |finding| {
            let finding = finding.at(at, "").help(help);
            fix.into_iter().fold(finding, crate::diagnostic::Finding::fix)
        });
    }
}

/// `nid1, nid2, nid3 and 40 more`.
pub(crate) fn listed(hosts: &[&str]) -> String {
    let shown = hosts.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match hosts.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

impl<'a> View<'a> {
    /// The nodes that run the gateway: those of a class that does; without classes, the hosts of its endpoints.
    pub(crate) fn gateway_hosts(&self) -> Vec<&'a Facts> {
        let endpoints = &self.gateway().endpoints;
        let serves = |facts: &Facts| {
            self.class.is_some()
                || self.profile.kind == Some(Kind::Gateway)
                || endpoints.iter().any(|url| match url.host() {
                    Some(host) => {
                        host == facts.host || host.split('.').next() == Some(facts.host.as_str()) || host == "localhost"
                    }
                    None => true,
                })
        };
        self.hosts.iter().copied().filter(|facts| serves(facts)).collect()
    }

    /// The paths that the profile names for these nodes. None where the profile means no site, which is a finding of its own.
    pub(crate) fn named(&self) -> &[Named] {
        self.named.get_or_init(|| self.meaning().map(|site| named(self.profile, &site)).unwrap_or_default())
    }

    /// The paths of one role.
    pub(crate) fn named_as(&self, role: Role) -> impl Iterator<Item = &Named> {
        self.named().iter().filter(move |named| named.role == role)
    }

    /// What the profile means for these nodes.
    pub(crate) fn meaning(&self) -> Option<Site> {
        if self.profile.kind == Some(Kind::Gateway) {
            let served: Vec<Profile> = self.context.common.served.iter().map(|one| one.profile.clone()).collect();
            return Site::resolve_gateway(self.profile, &served).ok();
        }
        Site::resolve(self.profile, self.class).ok()
    }
}
