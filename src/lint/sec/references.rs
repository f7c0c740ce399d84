//! SEC rules about what references to secrets refer to. They need `--resolve`; without it they are silent.

use crate::diagnostic::{Category::*, Severity::*};
use crate::lint::rule::{Impact, id, rule};
use crate::lint::{Check, Findings, Rule, View};
use crate::secret::{FEWEST, Place, ResolveError, places, weakness};

/// Whether a rule judges what references refer to, and so says nothing without `--resolve`.
#[must_use]
pub fn needs_secrets(rule: &Rule) -> bool {
    ["SEC002", "SEC006", "SEC008", "SEC024"].contains(&rule.id.code)
}

rule! {
    /// The file of a secret can be read or changed by others.
    ///
    /// # What it checks
    /// With `--resolve`: the file of a `{ file = ... }` reference has no permission beyond 0640. What is looked at is the opened file.
    ///
    /// # Why is this bad
    /// A password in a file with mode 0644 is every user's. `render` refuses such a file too.
    ///
    /// # Bad
    /// ```toml resolve
    /// [gateway.database]
    /// uri = "mongodb://localhost/"
    /// user = "shifter"
    /// password = { file = "secrets/mongodb" }
    /// ```
    ///
    /// ```text secrets/mongodb 0644
    /// v3ry-l0ng-and-synthetic
    /// ```
    ///
    /// # Good
    /// ```toml resolve
    /// [gateway.database]
    /// uri = "mongodb://localhost/"
    /// user = "shifter"
    /// password = { file = "secrets/mongodb" }
    /// ```
    ///
    /// ```text secrets/mongodb 0600
    /// v3ry-l0ng-and-synthetic
    /// ```
    ///
    /// # No fix
    /// The mode is the file's: `--fix` changes profiles and nothing else.
    pub(crate) static SECRET_FILE_MODE = {
        id: id("SEC002", "secret-file-mode", Error, Security),
        impact: Impact::Exposure,
        source: "open(2), path_resolution(7)",
        check: Check::View(|view, out| {
            for (place, error) in failed(view) {
                if let ResolveError::Mode { path, .. } = error {
                    out.at(place.key.clone(), error.to_string(), format!("run `chmod 0600 {}`", path.display()));
                }
            }
        }),
    }
}

rule! {
    /// A secret would be rendered to a file that others read.
    ///
    /// # What it checks
    /// With `--resolve`: no value of a secret stands in a rendered file that is not marked secret, nor in the manifest: as it is, percent-encoded,
    /// with backslashes or in base64. `render` looks for the secrets that it resolved, and refuses too.
    ///
    /// # Why is this bad
    /// The file is readable by everybody on every node. A password that was copied into `[env]` or a script is seen only by comparing.
    ///
    /// # Bad
    /// ```toml resolve
    /// [gateway.database]
    /// uri = "mongodb://localhost/"
    /// user = "shifter"
    /// password = { file = "secrets/mongodb" }
    /// [env.set]
    /// SITE_DB = "mongodb.site/v3ry-l0ng-and-synthetic"
    /// ```
    ///
    /// ```text secrets/mongodb
    /// v3ry-l0ng-and-synthetic
    /// ```
    ///
    /// # Good
    /// ```toml resolve
    /// [gateway.database]
    /// uri = "mongodb://localhost/"
    /// user = "shifter"
    /// password = { file = "secrets/mongodb" }
    /// [env.set]
    /// SITE_DB = "mongodb.site"
    /// ```
    ///
    /// ```text secrets/mongodb
    /// v3ry-l0ng-and-synthetic
    /// ```
    pub static SECRET_IN_PUBLIC_ARTIFACT = {
        id: id("SEC006", "secret-in-public-artifact", Error, Security),
        impact: Impact::Exposure,
        source: "RFC 3986, section 2.1; RFC 4648",
        check: Check::Loader,
    }
}

rule! {
    /// A reference to a secret refers to nothing.
    ///
    /// # What it checks
    /// With `--resolve`: the file is there and can be read, the variable is set, `sops` or the command gives a value, and it is not empty.
    ///
    /// # Why is this bad
    /// `render` stops, on the day when the change is to go out.
    ///
    /// # Bad
    /// ```toml resolve
    /// [gateway.database]
    /// uri = "mongodb://localhost/"
    /// user = "shifter"
    /// password = { file = "secrets/mongodb" }
    /// ```
    ///
    /// # Good
    /// ```toml resolve
    /// [gateway.database]
    /// uri = "mongodb://localhost/"
    /// user = "shifter"
    /// password = { file = "secrets/mongodb" }
    /// ```
    ///
    /// ```text secrets/mongodb
    /// v3ry-l0ng-and-synthetic
    /// ```
    pub(crate) static SECRET_UNRESOLVED = {
        id: id("SEC024", "secret-unresolved", Error, Correctness),
        impact: Impact::EveryStart,
        source: "`render` of this program",
        check: Check::View(secret_unresolved),
    }
}

fn secret_unresolved(view: &View<'_>, out: &mut Findings<'_>) {
    for (place, error) in failed(view).filter(|(_, error)| !matches!(error, ResolveError::Mode { .. })) {
        let help = match error {
            ResolveError::CommandNotAllowed { .. } => "add `--allow-secret-commands` where commands may run",
            ResolveError::Variable { .. } => "set it where `render` runs, or refer to another place",
            _ => "put the secret there, or correct the reference",
        };
        out.at(place.key.clone(), error.to_string(), help);
    }
}

rule! {
    /// A secret can be guessed.
    ///
    /// # What it checks
    /// With `--resolve`: no secret has fewer than 16 characters or holds one that was printed, as in the manual. What it is and how long it is
    /// is not said. A number under `SEC008` in `[lint.thresholds]` replaces the 16.
    ///
    /// # Why is this bad
    /// Whoever opens the database writes images that the kernel of every node mounts. A printed password is the first that is tried (L17, L20;
    /// manual 4.2.2 prints a munge key).
    ///
    /// # Bad
    /// ```toml resolve
    /// [gateway.database]
    /// uri = "mongodb://localhost/"
    /// user = "shifter"
    /// password = { file = "secrets/mongodb" }
    /// ```
    ///
    /// ```text secrets/mongodb
    /// hunter2
    /// ```
    ///
    /// # Good
    /// ```toml resolve
    /// [gateway.database]
    /// uri = "mongodb://localhost/"
    /// user = "shifter"
    /// password = { file = "secrets/mongodb" }
    /// ```
    ///
    /// ```text secrets/mongodb
    /// v3ry-l0ng-and-synthetic
    /// ```
    pub(crate) static SECRET_KNOWN = {
        id: id("SEC008", "secret-known", Error, Security),
        impact: Impact::Exposure,
        source: "L17 and L20; manual 4.2.2",
        check: Check::View(|view, out| {
            let fewest = out.threshold(FEWEST);
            for place in places(view.profile) {
                let value = view.context.secrets.and_then(|known| known.value(place.reference));
                if let Some(why) = value.and_then(|value| weakness(value.expose(), place.extent, fewest)) {
                    let message = format!("the secret `{}` can be guessed: it {why}", place.reference.name());
                    out.at(place.key.clone(), message, "make one with `openssl rand -hex 24`");
                }
            }
        }),
    }
}

/// The references of a view that could not be resolved, with what stood in the way.
fn failed<'a>(view: &View<'a>) -> impl Iterator<Item = (Place<'a>, &'a ResolveError)> {
    let known = view.context.secrets;
    places(view.profile).into_iter().filter_map(move |place| {
        let error = known?.get(place.reference)?.as_ref().err()?;
        Some((place, error))
    })
}
