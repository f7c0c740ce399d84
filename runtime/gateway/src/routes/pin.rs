//! `POST /api/pin/<system>/<type>/<tag>/` and `.../unpin/...`: keep a tag from expiring by itself.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use shifter_gateway_types::config::Days;
use shifter_gateway_types::rest::{PinAsk, PinBody};

use super::body;
use super::target::OnImage;
use crate::answer::{Json, Refused};
use crate::app::App;
use crate::life::is_admin;
use crate::openapi::{Answer, Operation, schema};
use crate::store::TagName;

/// Types whose tag defaults to `latest`.
const WITH_DEFAULT: [&str; 2] = ["docker", "custom"];

/// The first question.
pub(crate) static PIN: Operation = Operation::post(
    "/api/pin/{system}/{type}/{tag}/",
    "Keep a tag from expiring by itself.",
    Answer::Json(schema::<PinBody>),
)
.taking(schema::<PinAsk>)
.refusing(&[(403, "only holders of the tag and administrators may")]);

/// The second question.
pub(crate) static UNPIN: Operation =
    Operation::post("/api/unpin/{system}/{type}/{tag}/", "Take the caller's pin off.", Answer::Json(schema::<PinBody>))
        .refusing(&[(403, "only holders of the tag and administrators may")]);

/// For as long as asked for, at most as long as the site lets users; administrators pin for ever.
pub(crate) async fn pin(State(app): State<Arc<App>>, image: OnImage, body: Body) -> Result<Json<PinBody>, Refused> {
    let name = image.name(&WITH_DEFAULT);
    let PinAsk { seconds } = body::read(body).await?;
    let body = app
        .blocking(move |app| {
            let (uid, is_admin) = who(&app, &image, &name)?;
            let most = image.on.config.retention.pin_max.map(|days| days.duration().as_secs()).filter(|_| !is_admin);
            let seconds = match (seconds, most) {
                (Some(0), _) => return Err(Refused::bad_request("a pin for no time keeps nothing")),
                (Some(asked), Some(most)) if asked > most => {
                    let most = Days::from_duration(std::time::Duration::from_secs(most));
                    return Err(Refused::bad_request(format!("a pin may be for {most} at most, days first")));
                }
                (asked, most) => asked.or(most),
            };
            #[expect(clippy::cast_precision_loss, reason = "a time of records is a floating number of seconds")]
            let until = seconds.map_or(f64::INFINITY, |seconds| app.clock.now() + seconds as f64);
            match app.store.pin(&name, uid, until)? {
                true => state(&app, &name),
                false => Err(Refused::image_not_found()),
            }
        })
        .await?;
    Ok(Json(body))
}

/// Takes the caller's pin off; an administrator takes everybody's.
pub(crate) async fn unpin(State(app): State<Arc<App>>, image: OnImage) -> Result<Json<PinBody>, Refused> {
    let name = image.name(&WITH_DEFAULT);
    let body = app
        .blocking(move |app| {
            let (uid, is_admin) = who(&app, &image, &name)?;
            app.store.unpin(&name, (!is_admin).then_some(uid))?;
            state(&app, &name)
        })
        .await?;
    Ok(Json(body))
}

/// The caller, who must hold the tag or be an administrator.
fn who(app: &App, image: &OnImage, name: &TagName) -> Result<(u32, bool), Refused> {
    let Some(uid) = image.on.caller.uid() else {
        return Err(Refused::forbidden("nobody holds no images: authenticate"));
    };
    let is_admin = is_admin(image.on.system(), &image.on.caller);
    let aging = app.store.aging(&name.system, Some(name), app.clock.now())?;
    let Some(aging) = aging.first() else { return Err(Refused::image_not_found()) };
    match aging.holders.contains(&uid) {
        _ if is_admin => Ok((uid, true)),
        true => Ok((uid, false)),
        // What the caller may not use and what is not there cannot be told apart.
        false if !image.may_use(app, name)? => Err(Refused::image_not_found()),
        false => Err(Refused::forbidden("only who pulled an image, or an administrator, pins it: pull it first")),
    }
}

fn state(app: &App, name: &TagName) -> Result<PinBody, Refused> {
    let aging = app.store.aging(&name.system, Some(name), app.clock.now())?;
    let pinned = aging.first().and_then(|aging| aging.pinned);
    Ok(PinBody { pinned: pinned.is_some(), until: pinned.filter(|until| until.is_finite()) })
}
