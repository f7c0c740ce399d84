//! What the simulation needs to know of a site: from its profile to a [`Scenario`].

use super::model::Model;
use super::simulate::{Client, Directory, Gateway, Gather, Launch, Lookup, Scenario, Store, Time};
use crate::profile::Profile;
use crate::profile::section::{IdentitySource, ResolveAt, WlmKind, scalar::Duration};
use crate::target::Target;

/// Torque's own limit for a prologue, in seconds (pbs_mom(8), `$prologalarm`).
pub(crate) const USUAL_PROLOGUE: u64 = 300;

/// A second.
const SECOND: Time = 1_000_000_000;

/// A site as one launch of containers meets it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shape {
    /// Which software starts.
    pub software: Software,
    /// Containers that start on one node at the same time.
    pub per_node: u32,
    /// Gateways that clients know.
    pub endpoints: u32,
    /// How long a client waits for one of them, in seconds; none: as long as its kernel tries.
    pub timeout: Option<u64>,
    /// Who builds the containers.
    pub builder: Builder,
    /// Whether each start asks the directory service for its user.
    pub asks_directory: bool,
    /// Which kernel connects.
    pub kernel: Kernel,
    /// Servers that share an image file.
    pub stripes: u32,
}

/// What starts containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Software {
    /// The original, up to 18.03: its gateway answers one question after the other.
    Original,
    /// Its last state, on another web server.
    Master,
    /// This code: the image is found in the store's index.
    Native,
    /// This code, where the tag is in no index: every start asks a gateway.
    NativeAsking,
}

/// Who builds containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Builder {
    /// `shifter`, in each of the job's processes.
    Command,
    /// setupRoot in a prologue that one node runs for all (Torque on a Cray), ended after so many seconds.
    OnePrologue(u64),
    /// setupRoot in each node's own prologue, ended after so many seconds if at all.
    OwnPrologue(Option<u64>),
}

/// How patiently a kernel connects (tcp(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kernel {
    /// Before Linux 3.1.
    Old,
    /// All others.
    New,
}

impl Shape {
    /// The site that `profile` describes, with the installed software.
    #[must_use]
    pub fn of(profile: &Profile, target: Target) -> Self {
        let wlm = profile.wlm.clone().unwrap_or_default();
        let gateway = profile.gateway.clone().unwrap_or_default();
        let limit = wlm.prologue_timeout.as_ref().map(Duration::seconds);
        let builder = match (wlm.setup_root, wlm.kind) {
            (Some(true), Some(WlmKind::Torque)) => Builder::OnePrologue(limit.unwrap_or(USUAL_PROLOGUE)),
            (Some(true), _) => Builder::OwnPrologue(limit),
            _ => Builder::Command,
        };
        let by_command = matches!(builder, Builder::Command);
        let containers = profile.scale.as_ref().and_then(|scale| scale.containers_per_node);
        let libc = profile.runtime.as_ref().and_then(|runtime| runtime.libc_passwd_calls) == Some(true);
        let os = profile.target.as_ref().and_then(|target| target.os.as_deref()).unwrap_or_default();
        let lustre = profile.images.as_ref().and_then(|images| images.lustre.as_ref());
        Self {
            software: Software::from(target),
            per_node: if by_command { containers.unwrap_or(1) } else { 1 },
            endpoints: u32::try_from(gateway.endpoints.len()).unwrap_or(u32::MAX).max(1),
            timeout: gateway.timeout.as_ref().map(Duration::seconds).filter(|seconds| *seconds > 0),
            builder,
            // The original asks for groups at every start; the native runtime keeps the caller's.
            asks_directory: !is_answered_on_the_node(profile) && (target != Target::Native || libc || !by_command),
            kernel: if is_old(os) { Kernel::Old } else { Kernel::New },
            stripes: lustre.and_then(|lustre| lustre.stripe_count).unwrap_or(1).max(1),
        }
    }

    /// The same site with other software.
    #[must_use]
    pub fn with(&self, software: Software) -> Self {
        Self { software, ..self.clone() }
    }

    /// A launch on so many nodes.
    #[must_use]
    pub fn scenario(&self, model: &Model, nodes: u32) -> Scenario {
        let is_original = matches!(self.software, Software::Original | Software::Master);
        let original = model.original.program * u64::from(model.original.programs);
        let (setup, further_setup) =
            if is_original { (original, original) } else { (model.native.first, model.native.further) };
        Scenario {
            nodes,
            per_node: self.per_node,
            launch: Launch { width: model.width, hop: model.hop, lag: model.lag, gather: self.gather(model) },
            lookup: self.lookup(model),
            directory: self.asks_directory.then_some(Directory { connections: model.connections, query: model.query }),
            store: Store {
                requests: model.store.requests,
                per_second: model.store.per_second,
                latency: model.store.latency,
                read: model.store.read,
                bytes_per_second: model.store.stripe.saturating_mul(u64::from(self.stripes)),
            },
            setup,
            further_setup,
            cores: model.cores,
        }
    }

    fn gather(&self, model: &Model) -> Option<Gather> {
        let span = |seconds: u64| seconds.saturating_mul(SECOND);
        match self.builder {
            Builder::Command => None,
            Builder::OnePrologue(limit) => Some(Gather { each: model.gather, before: 1, limit: Some(span(limit)) }),
            Builder::OwnPrologue(limit) => Some(Gather { each: 0, before: 0, limit: limit.map(span) }),
        }
    }

    /// A prologue asks once for all nodes; that is no storm.
    fn lookup(&self, model: &Model) -> Option<Lookup> {
        if self.software == Software::Native || self.builder != Builder::Command {
            return None;
        }
        let (original, native) = (&model.original, &model.native);
        let gateway = match self.software {
            Software::Original => Gateway { service: original.lookup, servers: 1, room: original.room },
            Software::Master => Gateway { service: original.lookup, servers: 1, room: original.room_of_master },
            Software::Native | Software::NativeAsking => {
                Gateway { service: native.lookup, servers: native.servers, room: native.room }
            }
        };
        let before = if self.software == Software::NativeAsking { native.client } else { original.client };
        let patience = match self.kernel {
            Kernel::Old => &model.old_kernel,
            Kernel::New => &model.new_kernel,
        };
        let timeout = self.timeout.map(|seconds| seconds.saturating_mul(SECOND));
        let client =
            Client { before, first_retry: patience.first, even_retries: 0, retries: patience.retries, timeout };
        Some(Lookup { endpoints: self.endpoints, gateway, client })
    }
}

impl From<Target> for Software {
    fn from(target: Target) -> Self {
        match target {
            Target::V1608 | Target::V1608Gpu | Target::V1704 | Target::V1803 => Self::Original,
            Target::Master => Self::Master,
            Target::Native => Self::Native,
        }
    }
}

/// Whether a node knows a job's user without asking anybody: its cache is seeded or its own, or the user was looked up before.
pub(crate) fn is_answered_on_the_node(profile: &Profile) -> bool {
    let nscd = profile.wlm.as_ref().and_then(|wlm| wlm.nscd.as_ref());
    let Some(identity) = &profile.identity else { return nscd.is_some_and(|nscd| !nscd.preseed.is_empty()) };
    let cached =
        matches!(identity.source, Some(IdentitySource::Sssd | IdentitySource::NssSlurm | IdentitySource::Files));
    nscd.is_some_and(|nscd| !nscd.preseed.is_empty()) || cached || identity.resolve_at == Some(ResolveAt::Submit)
}

/// Systems whose Linux is older than 3.1: SLES 11 and what Cray made of it, and EL6.
fn is_old(os: &str) -> bool {
    ["cle4", "cle5", "sles11", "el6"].iter().any(|old| os.starts_with(old))
}
