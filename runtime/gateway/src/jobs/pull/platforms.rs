//! One tag, and an image for each platform of the system.

use std::sync::Arc;

use super::{image, request};
use crate::app::App;
use crate::jobs::Order;
use crate::jobs::report::report;
use crate::life::Claim;
use crate::publish;
use crate::pull::{Platform, Progress, PullError, Pulled};
use crate::registry::RegistryError;
use crate::store::Image;

/// What a tag has for the platforms of a system.
pub(super) struct AllPulled<'a> {
    /// The image for the best platform.
    pub(super) best: Pulled,
    /// Those for the others, whose files are in place.
    pub(super) others: Vec<Image>,
    /// Keep all of them from being deleted.
    pub(super) claims: Vec<Claim<'a>>,
}

/// Pulls the image of each platform of the system that the tag has one for. A platform that the tag does not have is left out; a tag
/// that has none of them is refused.
///
/// ORDER: a product is put in place before the next is pulled: two may be one image, and a pull of it would wait for the
/// first.
pub(super) async fn pull<'a>(
    app: &'a Arc<App>,
    order: &Order,
    progress: &dyn Progress,
) -> anyhow::Result<AllPulled<'a>> {
    let platforms = &order.system.platforms;
    let (mut others, mut claims): (Vec<Image>, _) = (Vec::new(), Vec::new());
    for platform in platforms.iter().skip(1).rev() {
        match ask(app, order, platform, progress).await {
            Ok(pulled) => {
                claims.push(app.claims.make(&pulled.id));
                others.push(put(app, order, pulled).await?);
            }
            Err(PullError::Registry(RegistryError::Platform { .. })) => {
                let image = order.reference.to_string();
                tracing::info!(system = order.system.name, image, %platform, "the tag has no image for this platform");
            }
            Err(error) => return Err(error.into()),
        }
    }
    let mut refused = None;
    for platform in platforms {
        match ask(app, order, platform, progress).await {
            Ok(pulled) => {
                claims.push(app.claims.make(&pulled.id));
                let best = pulled.platform.to_string();
                others.retain(|other| other.id != pulled.id && other.platform != best);
                others.sort_by(|a, b| a.platform.cmp(&b.platform));
                others.dedup_by(|a, b| a.platform == b.platform);
                return Ok(AllPulled { best: pulled, others, claims });
            }
            Err(error @ PullError::Registry(RegistryError::Platform { .. })) => refused = refused.or(Some(error)),
            Err(error) => return Err(error.into()),
        }
    }
    Err(refused.expect("a system has a platform at least, and each of them was refused").into())
}

/// Has an image pulled, and remembers how its location did.
async fn ask(app: &App, order: &Order, platform: &Platform, progress: &dyn Progress) -> Result<Pulled, PullError> {
    let pulled = app.puller.pull(request(order, platform), progress).await;
    let error = match &pulled {
        Err(PullError::Registry(error)) => Some(error),
        _ => None,
    };
    app.health.asked(&order.location.name, app.clock.now(), error);
    pulled
}

/// Puts the file of an image in place, closed to everybody until a name with its access leads to it.
async fn put(app: &Arc<App>, order: &Order, pulled: Pulled) -> anyhow::Result<Image> {
    let (facts, report) = (image(&pulled, order.config.conversion.format), report(&pulled));
    let place = publish::Place::new(&order.system, order.config.readable_by);
    let (app, system, product) = (Arc::clone(app), order.system.name.clone(), pulled.product);
    let done = tokio::task::spawn_blocking(move || -> anyhow::Result<Image> {
        app.insist(|| app.store.expect(&system, std::slice::from_ref(&facts), app.clock.now()))?;
        if let Some(report) = report {
            app.insist(|| app.store.keep_report(&system, &facts.id, &report))?;
        }
        place.put_file(product, &facts)?;
        Ok(facts)
    });
    done.await?
}
