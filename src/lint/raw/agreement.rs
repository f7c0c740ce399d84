//! One fact in two files.

use crate::diagnostic::source::Source;
use crate::diagnostic::{Category::*, Severity::*};
use crate::import::{ConfEvidence, Evidence, Marks};
use crate::lint::Check;
use crate::lint::rule::{Impact, id, rule};
use crate::profile::section::scalar::AbsPath;
use std::ops::Range;
use std::sync::Arc;

rule! {
    /// The files call the system by different names.
    ///
    /// # What it checks
    /// `system` of an imported udiRoot.conf is a key of `Platforms` in imagemanager.json, and the name that an init script gives the queue
    /// of the workers.
    ///
    /// # Why is this bad
    /// A node asks the gateway in the name of its system, and a system that is not among `Platforms` is refused: no image can be pulled or
    /// looked up. Workers of another queue never see a request.
    ///
    /// # Bad
    /// ```conf import/udiRoot.conf
    /// system=bluewaters
    /// ```
    /// ```json import/imagemanager.json
    /// { "Platforms": { "bluewater": { "accesstype": "local" } } }
    /// ```
    ///
    /// # Good
    /// ```conf import/udiRoot.conf
    /// system=bluewaters
    /// ```
    /// ```json import/imagemanager.json
    /// { "Platforms": { "bluewaters": { "accesstype": "local" } } }
    /// ```
    ///
    /// # No fix
    /// Which file is right, nobody but the site knows: `import --prefer udiroot` or `--prefer imagemanager` says whose word the profile gets.
    pub(crate) static SYSTEM_NAME_MISMATCH = {
        id: id("SITE006", "system-name-mismatch", Error, Correctness),
        impact: Impact::Silent,
        source: "L17 against L18 and L22; manual 4.1",
        check: Check::Import(system_name),
    }
}

fn key_line<'a>(conf: &'a ConfEvidence<'_>, key: &'a str) -> Option<(String, Range<usize>)> {
    let line = conf.lines.of_key(conf.text(), key).next_back()?;
    Some((line.text(conf.text()), line.value()))
}

fn system_name(files: &Evidence<'_>, out: &mut Marks) {
    let Some(conf) = &files.conf else { return };
    let Some((system, at)) = key_line(conf, "system") else { return };
    if let Some(manager) = &files.manager
        && let Some(platforms) = manager.json["Platforms"].as_object().filter(|all| !all.contains_key(&system))
        && let Some(name) = platforms.keys().next()
    {
        out.at(
            conf.source,
            at.clone(),
            format!("the system is called `{system}` here, and `{name}` in `Platforms`: its requests are refused"),
            "write one name; `--prefer` says which one the profile gets",
        );
        if let Some(key) = manager.key(&format!("/Platforms/{}", crate::import::escaped(name))) {
            out.also(manager.source, key, "the gateway knows this name");
        }
    }
    for (script, name, span) in queues(files) {
        if name != system {
            out.at(
                conf.source,
                at.clone(),
                format!("the system is called `{system}` here, and the queue of the workers `{name}`"),
                "write one name",
            )
            .also(&script, span, "the workers listen to this queue");
        }
    }
}

/// The names that init scripts give the queue: `SHIFTER_SYSTEM_NAME='...'`.
fn queues(files: &Evidence<'_>) -> Vec<(Arc<Source>, String, Range<usize>)> {
    let mut found = Vec::new();
    for (_, source) in &files.scripts {
        let key = "SHIFTER_SYSTEM_NAME=";
        for (at, _) in source.text().match_indices(key) {
            let start = at + key.len();
            let rest = source.text()[start..].lines().next().unwrap_or_default();
            let value = rest.split([' ', ';', '\t']).next().unwrap_or_default();
            let name = value.trim_matches(['\'', '"']);
            if !name.is_empty() && !name.contains('$') {
                found.push((Arc::clone(source), name.to_owned(), start..start + value.len()));
            }
        }
    }
    found
}

rule! {
    /// The gateway writes images to one directory, and nodes look for them in another.
    ///
    /// # What it checks
    /// `imagePath` of an imported udiRoot.conf is the `imageDir` of the system's platform, where images are written locally.
    ///
    /// # Why is this bad
    /// Pulls succeed, and every container start says that there is no such image.
    ///
    /// # Bad
    /// ```conf import/udiRoot.conf
    /// system=cluster
    /// imagePath=/mnt/abc/images
    /// ```
    /// ```json import/imagemanager.json
    /// { "Platforms": { "cluster": { "accesstype": "local", "local": { "imageDir": "/mnt/c/images" } } } }
    /// ```
    ///
    /// # Good
    /// ```conf import/udiRoot.conf
    /// system=cluster
    /// imagePath=/mnt/c/images
    /// ```
    /// ```json import/imagemanager.json
    /// { "Platforms": { "cluster": { "accesstype": "local", "local": { "imageDir": "/mnt/c/images" } } } }
    /// ```
    ///
    /// # No fix
    /// Which file is right, nobody but the site knows: `import --prefer udiroot` or `--prefer imagemanager` says whose word the profile gets.
    pub(crate) static IMAGE_DIR_MISMATCH = {
        id: id("RT001", "image-dir-mismatch", Error, Correctness),
        impact: Impact::Silent,
        source: "L17 against L18; manual 4.5.3",
        check: Check::Import(image_dir),
    }
}

fn image_dir(files: &Evidence<'_>, out: &mut Marks) {
    let (Some(conf), Some(manager)) = (&files.conf, &files.manager) else { return };
    let Some((path, at)) = key_line(conf, "imagePath") else { return };
    let system = key_line(conf, "system").map(|(system, _)| system).unwrap_or_default();
    let Some(platforms) = manager.json["Platforms"].as_object() else { return };
    // A platform of another name is SITE006's; where it is the only one, it is this system all the same.
    let own = platforms.get_key_value(&system).or_else(|| platforms.iter().next().filter(|_| platforms.len() == 1));
    let Some((name, platform)) = own else { return };
    let Some(directory) = platform["local"]["imageDir"].as_str().filter(|_| platform["accesstype"] == "local") else {
        return;
    };
    let normal = |text: &str| text.parse::<AbsPath>().map(|path| path.normal()).unwrap_or_default();
    if normal(&path) != normal(directory) {
        out.at(
            conf.source,
            at,
            format!("images are looked for in `{path}`, and written to `{directory}`"),
            "write one directory; `--prefer` says which one the profile gets",
        );
        let pointer = format!("/Platforms/{}/local/imageDir", crate::import::escaped(name));
        if let Some(value) = manager.value(&pointer) {
            out.also(manager.source, value, "the gateway writes here");
        }
    }
}
