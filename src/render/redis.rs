//! `redis.conf` of 16.08 and 17.04: the two lines that differ from the shipped file (L20, L23).

use super::{Artifact, Inputs, RenderError, template};
use crate::profile::section::ArtifactKind;
use crate::site::Site;
use minijinja::context;
use zeroize::Zeroizing;

pub(super) fn artifacts(site: &Site, inputs: &Inputs) -> Result<Vec<Artifact>, Vec<RenderError>> {
    let broker = site.gateway.as_ref().and_then(|gateway| gateway.broker.as_ref());
    let Some(broker) = broker.filter(|_| site.renders(ArtifactKind::Redis)) else { return Ok(Vec::new()) };
    let password = match &broker.password {
        None => Zeroizing::default(),
        Some(secret) => inputs
            .vault
            .text(secret)
            .ok_or_else(|| vec![RenderError::SecretUnknown { name: secret.name().to_owned() }])?,
    };
    let values =
        context! { source => inputs.source.clone(), dir => broker.data_dir.clone(), password => password.as_str() };
    let text = template::render("redis.conf", values).map_err(|error| vec![error])?;
    let mut file = Artifact::new(site, "redis.conf", "/etc/redis.conf", text);
    file.secret = broker.password.is_some();
    Ok(vec![file.with(site, &broker.user, 0o640, "redis-server", "restart redis")])
}
