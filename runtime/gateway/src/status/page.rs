//! The page: one document without scripts that asks for itself again every few seconds.

use std::sync::LazyLock;

use base64::Engine as _;
use sha2::{Digest as _, Sha256};
use shifter_gateway_types::rest::{LayerProgress, Status as State};

use super::html::{Html, ago, bytes, span};
use super::{FailureView, ImageView, MOST, PullView, Status, SystemView};
use crate::health::Answers;

const STYLE: &str = include_str!("style.css");

/// `Content-Security-Policy`: nothing but the style sheet of the page itself, told by its digest.
pub(crate) fn policy() -> &'static str {
    static POLICY: LazyLock<String> = LazyLock::new(|| {
        let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE));
        format!(
            "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
    });
    &POLICY
}

/// The document.
pub(crate) fn page(status: &Status) -> String {
    let mut html = Html::default();
    html.raw("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    html.raw("<meta http-equiv=\"refresh\" content=\"5\"><meta name=\"viewport\" content=\"width=device-width\">");
    html.raw("<meta name=\"color-scheme\" content=\"light dark\"><title>Image gateway</title>");
    html.raw("<style>").raw(STYLE).raw("</style></head><body><main>");
    html.raw("<header><h1>Image gateway</h1>");
    let version = env!("CARGO_PKG_VERSION");
    let up = span(status.now - status.since);
    let up = if up.is_empty() { "1 s" } else { &up };
    let line = format!("shifter-imagegw {version}, up {up}, {} lookups", status.lookups);
    html.within("<p>", &line, "</p></header>");
    tiles(&mut html, status);
    for system in &status.systems {
        pulls(&mut html, status.now, system);
    }
    registries(&mut html, status);
    if status.shows_names {
        status.systems.iter().for_each(|system| images(&mut html, status.now, system));
        failures(&mut html, status.now, &status.failures);
    }
    let seen = match status.shows_names {
        true => "Private images and pulls are shown to their users alone.",
        false => "Names are shown to callers on the gateway's Unix socket.",
    };
    html.within("<footer>", seen, " The page renews itself every five seconds.</footer></main></body></html>\n");
    html.finish()
}

fn tiles(html: &mut Html, status: &Status) {
    let sum = |of: fn(&SystemView) -> u64| status.systems.iter().map(of).sum::<u64>();
    let waits = |pull: &&PullView| matches!(pull.progress.status, State::Init | State::Pending);
    let all = status.systems.iter().flat_map(|system| &system.pulls);
    let waiting = all.clone().filter(waits).count();
    let running = all.count() - waiting;
    let tags: usize = status.systems.iter().map(|system| system.tags).sum();
    let ill = status.registries.iter().filter(|(_, answers)| answers.is_well() == Some(false)).count();
    html.raw("<div class=\"tiles\">");
    for (figure, what) in [
        (running.to_string(), "pulls run"),
        (waiting.to_string(), "pulls wait"),
        (tags.to_string(), "tags"),
        (bytes(sum(|system| system.named)), "of images"),
        (bytes(sum(|system| system.expired)), "to be deleted"),
        (ill.to_string(), "registries with trouble"),
    ] {
        html.within("<div class=\"tile\"><b>", &figure, "</b><span>").text(what).raw("</span></div>");
    }
    html.raw("</div>");
}

fn pulls(html: &mut Html, now: f64, system: &SystemView) {
    html.within("<section><h2>Pulls for ", &system.name, "</h2>");
    if system.pulls.is_empty() {
        html.raw("<p class=\"none\">No pull waits or runs.</p></section>");
        return;
    }
    html.raw("<div class=\"scroll\"><table><thead><tr><th class=\"n\">#</th><th>State</th><th>Image</th>");
    html.raw("<th class=\"n\">Asked</th></tr></thead><tbody>");
    for PullView { image, progress } in system.pulls.iter().take(MOST) {
        let place = progress.place.unwrap_or_default().to_string();
        html.within("<tr><td class=\"n\">", &place, "</td><td class=\"w\">");
        let class = match progress.status {
            State::Init | State::Pending => "<span class=\"pill wait\">",
            _ => "<span class=\"pill go\">",
        };
        html.within(class, progress.status.as_str(), "</span></td><td>");
        match image {
            Some(image) => html.within("<code>", image, "</code>"),
            None => html.raw("<span class=\"dim\">not shown</span>"),
        };
        if let Some(percent) = progress.percent {
            html.within("<progress max=\"100\" value=\"", &percent.to_string(), "\"></progress>");
        }
        let doing = match progress.done.zip(progress.total) {
            Some((done, total)) => format!("{} of {}", bytes(done), bytes(total)),
            None => progress.message.clone(),
        };
        html.within("<small>", &doing, "</small>");
        for layer in progress.layers.iter().filter(|layer| 0 < layer.done && layer.done < layer.bytes) {
            html.within("<br><small>", &described(layer), "</small>");
        }
        html.within("</td><td class=\"n\">", &ago(now, progress.asked), "</td></tr>");
    }
    html.raw("</tbody></table></div>");
    rest(html, system.pulls.len());
    html.raw("</section>");
}

/// `4f2a91c0d3e5: 12.0 MiB of 60.5 MiB`.
fn described(layer: &LayerProgress) -> String {
    let digits = layer.digest.strip_prefix("sha256:").unwrap_or(&layer.digest);
    let short: String = digits.chars().take(12).collect();
    format!("{short}: {} of {}", bytes(layer.done), bytes(layer.bytes))
}

fn registries(html: &mut Html, status: &Status) {
    html.raw("<section><h2>Registries</h2><div class=\"scroll\"><table><thead><tr><th>Location</th><th>State</th>");
    html.raw("<th>Last trouble</th><th class=\"n\">Answered</th><th class=\"n\">Failed</th></tr></thead><tbody>");
    for (name, answers) in &status.registries {
        registry(html, status.now, name, answers);
    }
    html.raw("</tbody></table></div></section>");
}

fn registry(html: &mut Html, now: f64, name: &str, answers: &Answers) {
    html.within("<tr><td class=\"w\"><code>", name, "</code></td><td class=\"w\">");
    match (answers.is_well(), answers.well) {
        (Some(true), Some(at)) => {
            html.within("<span class=\"pill well\">well</span> <small>", &ago(now, at), "</small>");
        }
        (Some(_), _) => {
            html.raw("<span class=\"pill ill\">trouble</span>");
        }
        (None, _) => {
            html.raw("<span class=\"pill dim\">not asked yet</span>");
        }
    }
    html.raw("</td><td>");
    if let Some((at, how)) = &answers.ill {
        html.within("", how, " ").within("<small>", &ago(now, *at), "</small>");
    }
    html.within("</td><td class=\"n\">", &answers.answered.to_string(), "</td>");
    html.within("<td class=\"n\">", &answers.failed.to_string(), "</td></tr>");
}

fn images(html: &mut Html, now: f64, system: &SystemView) {
    html.within("<section><h2>Images of ", &system.name, "</h2>");
    if system.images.is_empty() {
        html.raw("<p class=\"none\">None that you may use.</p></section>");
        return;
    }
    html.raw("<div class=\"scroll\"><table><thead><tr><th>Tags</th><th>Platform</th><th class=\"n\">Size</th>");
    html.raw("<th class=\"n\">Pulled</th></tr></thead><tbody>");
    for ImageView { tags, platform, bytes: size, last_pull, is_private } in system.images.iter().take(MOST) {
        html.raw("<tr><td>");
        for (number, tag) in tags.iter().enumerate() {
            html.within(if number > 0 { "<br><code>" } else { "<code>" }, tag, "</code>");
        }
        if *is_private {
            html.raw(" <span class=\"pill dim\">private</span>");
        }
        html.within("</td><td class=\"w\">", platform, "</td><td class=\"n\">").text(&bytes(*size));
        html.within("</td><td class=\"n\">", &ago(now, *last_pull), "</td></tr>");
    }
    html.raw("</tbody></table></div>");
    rest(html, system.images.len());
    html.raw("</section>");
}

fn failures(html: &mut Html, now: f64, failures: &[FailureView]) {
    html.raw("<section><h2>Last failures</h2>");
    if failures.is_empty() {
        html.raw("<p class=\"none\">None since the start.</p></section>");
        return;
    }
    html.raw("<div class=\"scroll\"><table><thead><tr><th>Image</th><th>Reason</th><th class=\"n\">When</th></tr></thead><tbody>");
    for FailureView { time, system, image, reason } in failures {
        html.within("<tr><td><code>", image, "</code><br><small>").text(system);
        html.within("</small></td><td>", reason, "</td><td class=\"n\">").text(&ago(now, *time)).raw("</td></tr>");
    }
    html.raw("</tbody></table></div></section>");
}

fn rest(html: &mut Html, count: usize) {
    if let Some(more) = count.checked_sub(MOST).filter(|more| *more > 0) {
        html.within("<p class=\"none\">and ", &more.to_string(), " more</p>");
    }
}
