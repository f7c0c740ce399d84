//! The script that keeps the passwd and group files of containers up to date, and what starts it.

use super::{Artifact, Inputs, RenderError, template};
use crate::profile::section::scalar::{AbsPath, Duration};
use crate::profile::section::{ArtifactKind, Init, Users};
use crate::site::Site;
use minijinja::context;

const NAME: &str = "shifter-update-passwd-group";

pub(super) fn artifacts(site: &Site, inputs: &Inputs) -> Result<Vec<Artifact>, Vec<RenderError>> {
    let etc = site.node.as_ref().filter(|_| site.renders(ArtifactKind::Etc)).map(|node| &node.etc);
    let Some((dir, refresh)) = etc.and_then(|etc| Some((etc.path.as_ref()?, etc.refresh.as_ref()?))) else {
        return Ok(Vec::new());
    };
    // One host does it for all: then it is not a matter of each class.
    if refresh.host.is_some() && !site.is_primary() {
        return Ok(Vec::new());
    }
    let script = format!("{}/sbin/{NAME}", site.prefix);
    let every = refresh.every.as_ref().map_or(86_400, Duration::seconds);
    let values = context! {
        source => inputs.source.clone(),
        dir => dir.clone(),
        stage => dir.rsplit_once('/').map_or("/", |(parent, _)| if parent.is_empty() { "/" } else { parent }),
        users => if refresh.users == Some(Users::Files) { "files" } else { "getent" },
        lock => refresh.lock.as_ref().map(AbsPath::normal).unwrap_or_default(),
        host => refresh.host.clone().unwrap_or_default(),
        script => script.clone(),
        seconds => every,
        when => cron(every),
    };
    let mut wanted = vec![(NAME, format!("etc/{NAME}"), script, 0o755, "cron or systemd, as root")];
    match site.init {
        Init::None => {}
        Init::Sysv => {
            wanted.push(("refresh.cron", format!("etc/{NAME}.cron"), format!("/etc/cron.d/{NAME}"), 0o644, "cron"));
        }
        Init::Systemd => {
            for kind in ["service", "timer"] {
                let (template, install) = match kind {
                    "service" => ("refresh.service", format!("/etc/systemd/system/{NAME}.service")),
                    _ => ("refresh.timer", format!("/etc/systemd/system/{NAME}.timer")),
                };
                wanted.push((template, format!("etc/{NAME}.{kind}"), install, 0o644, "systemd"));
            }
        }
    }
    let (mut files, mut errors) = (Vec::new(), Vec::new());
    for (template, path, install, mode, consumer) in wanted {
        match template::render(template, values.clone()) {
            Ok(text) => {
                let reload = "nothing: it is read at each run";
                let mut file = Artifact::new(site, &path, install, text).with(site, "root", mode, consumer, reload);
                file.host.clone_from(&refresh.host);
                files.push(file);
            }
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(files) } else { Err(errors) }
}

/// The nearest schedule of crontab(5) that is not rarer than every `seconds`.
fn cron(seconds: u64) -> String {
    match seconds {
        604_800.. => "17 3 * * 0".to_owned(),
        86_400.. => "17 3 * * *".to_owned(),
        3600.. => "17 * * * *".to_owned(),
        _ => format!("*/{} * * * *", (seconds / 60).clamp(1, 30)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_never_rarer_than_asked() {
        assert_eq!(cron(604_800), "17 3 * * 0");
        assert_eq!(cron(604_799), "17 3 * * *");
        assert_eq!(cron(7200), "17 * * * *");
        assert_eq!(cron(600), "*/10 * * * *");
        assert_eq!(cron(5), "*/1 * * * *");
    }
}
