//! What a URL names: a system, or an image of a system.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::answer::Refused;
use crate::app::App;
use crate::auth::{Caller, Peer};
use crate::config::{Config, System};
use crate::record;
use crate::store::{StoreError, TagName};

/// The longest tag, host and digest included, that any client has a reason to send.
const TAG_BYTES: usize = 1024;

/// The system in the URL and who calls for it.
pub(crate) struct OnSystem {
    /// The configuration this request is answered by.
    pub(crate) config: Arc<Config>,
    /// The name of the system.
    pub(crate) system: String,
    /// Who is calling.
    pub(crate) caller: Caller,
}

/// An image in the URL and who calls for it.
pub(crate) struct OnImage {
    /// The system and the caller.
    pub(crate) on: OnSystem,
    /// `docker`, `custom`, ...
    pub(crate) itype: String,
    /// The rest of the path, decoded, without the trailing slash.
    pub(crate) tag: String,
}

impl OnSystem {
    /// The system itself.
    pub(crate) fn system(&self) -> &System {
        &self.config.systems[&self.system]
    }

    /// A caller is asked for before anything else is said, except which systems there are.
    async fn find(parts: &Parts, app: &App, system: String) -> Result<Self, Refused> {
        let config = app.config();
        let known = config.systems.get(&system).ok_or_else(Refused::unknown_system)?;
        let peer = *parts.extensions.get::<Peer>().unwrap_or(&Peer::Tcp);
        let caller = app.authenticate(&config, known, peer, &parts.headers).await?;
        Ok(Self { config, system, caller })
    }
}

impl FromRequestParts<Arc<App>> for OnSystem {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        let Path(system) = Path::<String>::from_request_parts(parts, app).await.map_err(undecodable)?;
        Self::find(parts, app, system).await
    }
}

impl FromRequestParts<Arc<App>> for OnImage {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        let path = Path::<(String, String, String)>::from_request_parts(parts, app).await;
        let Path((system, itype, tag)) = path.map_err(undecodable)?;
        let on = OnSystem::find(parts, app, system).await?;
        let tag = tag.strip_suffix('/').unwrap_or(&tag);
        if tag.is_empty() || tag.len() > TAG_BYTES || tag.contains(char::is_control) {
            return Err(Refused::bad_request("the URL names no image"));
        }
        Ok(Self { on, itype, tag: tag.to_owned() })
    }
}

/// A type of images in the URL and who calls for it.
pub(crate) struct OnType {
    /// The system and the caller.
    pub(crate) on: OnSystem,
    /// `docker`, `custom`, ...
    pub(crate) itype: String,
}

impl FromRequestParts<Arc<App>> for OnType {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        let path = Path::<(String, String)>::from_request_parts(parts, app).await;
        let Path((system, itype)) = path.map_err(undecodable)?;
        Ok(Self { on: OnSystem::find(parts, app, system).await?, itype })
    }
}

impl OnImage {
    /// The name with `:latest` where the type has that default and the tag has no colon at all.
    pub(crate) fn name(&self, with_default: &[&str]) -> TagName {
        let latest = with_default.contains(&self.itype.as_str()) && !self.tag.contains(':');
        let tag = format!("{}{}", self.tag, if latest { ":latest" } else { "" });
        TagName { system: self.on.system.clone(), itype: self.itype.clone(), tag }
    }
}

impl OnImage {
    /// Whether there is such a tag and the caller may use it. Blocks.
    pub(crate) fn may_use(&self, app: &App, name: &TagName) -> Result<bool, StoreError> {
        let entry = app.store.lookup(name)?;
        let may_use = |access: &_| self.on.caller.may_use(access, &app.auth.groups);
        Ok(entry.is_some_and(|entry| record::of_tag(&entry, name, may_use).is_some()))
    }
}

fn undecodable(_: axum::extract::rejection::PathRejection) -> Refused {
    Refused::bad_request("the URL is not UTF-8 when decoded")
}
