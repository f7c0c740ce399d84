//! The systems a gateway serves: its own, or those of the profiles it names.

use super::resolve::Resolver;
use crate::diagnostic::structural::MISSING_REQUIRED;
use crate::diagnostic::{Finding, KeyPath};
use crate::profile::section::secret::Secret;
use crate::profile::section::{PlatformSection, Profile, Ssh};

/// Where munge listens when nobody says otherwise, as its packages are built.
const MUNGE_SOCKET: &str = "/var/run/munge/munge.socket.2";

/// One system a gateway serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// Its `site.name`.
    pub name: String,
    /// The munge daemon that knows its key. None where the Unix socket alone is used.
    pub munge_socket: Option<String>,
    /// The key of that daemon, when the gateway's host keeps it.
    pub munge_key: Option<Secret>,
    /// How images get there.
    pub access: Access,
    /// Users who may expire any image.
    pub admins: Vec<String>,
    /// `usergroupService`, which nothing reads.
    pub user_groups: Option<String>,
    /// The platforms that are pulled.
    pub platforms: Vec<String>,
    /// Who owns the image files. Native only.
    pub image_owner: Option<String>,
    /// Pull with external tools.
    pub external_tools: Option<bool>,
    /// Their signature policy.
    pub policy_file: Option<String>,
}

/// How image files reach a system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Through a directory that both see.
    Local {
        /// The directory on the gateway's host.
        image_dir: String,
    },
    /// By ssh.
    Remote {
        /// The hosts that receive them.
        hosts: Vec<String>,
        /// The user to log in as.
        user: String,
        /// The private key, and where it lies on the gateway's host.
        key: Option<(Option<Secret>, String)>,
        /// The directory there.
        image_dir: String,
        /// Options of ssh.
        ssh_options: Vec<String>,
        /// Options of scp.
        scp_options: Vec<String>,
    },
}

impl Resolver<'_> {
    /// The system this profile describes, served by its own gateway.
    pub(super) fn own_platform(&mut self, name: &str, config: &str) -> Platform {
        let gateway = self.profile.gateway.clone().unwrap_or_default();
        let image_dir = self.image_path();
        let socket = self.path("gateway.munge_socket", gateway.munge_socket.as_ref());
        let only_unix = self.target.is_native() && gateway.socket.is_some() && gateway.bind.is_none();
        Platform {
            name: name.to_owned(),
            munge_socket: socket.or_else(|| (!only_unix).then(|| MUNGE_SOCKET.to_owned())),
            munge_key: None,
            access: match gateway.ssh {
                // What is written counts: `[gateway.ssh]` may stay while images go through a shared directory.
                Some(ssh) if gateway.access.as_deref() != Some("local") => {
                    self.remote("gateway.ssh".into(), name, &ssh, image_dir, config)
                }
                _ => Access::Local { image_dir },
            },
            admins: gateway.admins.iter().map(ToString::to_string).collect(),
            user_groups: gateway.user_groups,
            platforms: self.profile.images.as_ref().map(|images| images.platforms.clone()).unwrap_or_default(),
            image_owner: if self.target.is_native() { Some(self.image_owner()) } else { None },
            external_tools: gateway.external_tools,
            policy_file: self.path("gateway.policy_file", gateway.policy_file.as_ref()),
        }
    }

    /// The systems of other profiles, in the order of `serves`.
    pub(super) fn served_platforms(&mut self, served: &[Profile], config: &str) -> Vec<Platform> {
        let gateway = self.profile.gateway.clone().unwrap_or_default();
        let mut platforms: Vec<Platform> = Vec::new();
        for (n, profile) in served.iter().enumerate() {
            let at = KeyPath::from("serves").index(n);
            let name = profile.site.as_ref().and_then(|s| s.name.as_ref());
            let image_dir = profile.images.as_ref().and_then(|images| images.path.as_ref());
            let (Some(name), Some(image_dir)) = (name, image_dir) else {
                let finding =
                    Finding::new(&MISSING_REQUIRED, "the served profile has no `site.name` or no `images.path`");
                self.report(finding.at(at, "this profile"));
                continue;
            };
            if platforms.iter().any(|platform| platform.name == name.as_str()) {
                let finding = Finding::new(&MISSING_REQUIRED, format!("two served profiles are called `{name}`"));
                self.report(finding.at(at, "the second").help("give each system its own `site.name`"));
                continue;
            }
            let own = self.profile.platform.get(name.as_str()).cloned().unwrap_or_default();
            let place = KeyPath::from(["platform", name.as_str()]);
            let mut platform = self.served(place, name.as_str(), &own, image_dir.normal(), config);
            if platform.admins.is_empty() {
                platform.admins = gateway.admins.iter().map(ToString::to_string).collect();
            }
            platform.platforms = profile.images.as_ref().map(|images| images.platforms.clone()).unwrap_or_default();
            platform.external_tools = gateway.external_tools;
            platforms.push(platform);
        }
        platforms
    }

    fn served(&mut self, at: KeyPath, name: &str, own: &PlatformSection, image_dir: String, config: &str) -> Platform {
        let munge = own.munge.clone().unwrap_or_default();
        let socket = munge.socket.as_ref().map(|path| self.absolute(at.clone().key("munge").key("socket"), path));
        let image_dir = match &own.image_dir {
            Some(path) => self.absolute(at.clone().key("image_dir"), path),
            None => image_dir,
        };
        Platform {
            name: name.to_owned(),
            munge_socket: Some(socket.unwrap_or_else(|| MUNGE_SOCKET.to_owned())),
            munge_key: munge.key,
            access: match &own.ssh {
                Some(ssh) => self.remote(at.key("ssh"), name, ssh, image_dir, config),
                None => Access::Local { image_dir },
            },
            admins: own.admins.iter().map(ToString::to_string).collect(),
            user_groups: own.user_groups.clone(),
            platforms: Vec::new(),
            image_owner: if self.target.is_native() { Some(self.image_owner()) } else { None },
            external_tools: None,
            policy_file: None,
        }
    }

    fn remote(&mut self, at: KeyPath, name: &str, ssh: &Ssh, image_dir: String, config: &str) -> Access {
        if ssh.hosts.is_empty() {
            self.missing(at.clone().key("hosts"), "hosts = [\"dtn1\"]");
        }
        let key_path = match &ssh.key_path {
            Some(path) => self.absolute(at.clone().key("key_path"), path),
            None => format!("{config}/ssh-{name}"),
        };
        Access::Remote {
            hosts: ssh.hosts.hosts(),
            user: ssh.user.as_ref().map_or("shifter", |user| user.as_str()).to_owned(),
            key: (ssh.key.is_some() || ssh.key_path.is_some()).then(|| (ssh.key.clone(), key_path)),
            image_dir: match &ssh.image_dir {
                Some(path) => self.absolute(at.key("image_dir"), path),
                None => image_dir,
            },
            ssh_options: ssh.ssh_options.clone(),
            scp_options: ssh.scp_options.clone(),
        }
    }
}
