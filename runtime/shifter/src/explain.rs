//! `--explain`: which source won for each part of a start, and which ones lost. Pure; nothing is started.
//!
//! It shows what the caller wrote, what the image says that he may use, and what the site sets in his container. The
//! image was found as for a start, so one that is private is told as one that is missing.

use std::ffi::OsString;
use std::fmt::Display;

use shifter_formats::udiroot::Home;
use shifter_formats::volume::VolumeEntry;

use crate::account::User;
use crate::gpu;
use crate::launch::{Launch, command};
use crate::request::Variables;
use crate::request::options::{Entrypoint, Workdir};
use crate::request::sources::{self, Source};

mod environment;
mod page;

use page::Page;

/// What is explained.
#[derive(Clone, Copy, Debug)]
pub struct Explained<'a> {
    /// The start, as far as it is known before the container is there.
    pub launch: &'a Launch<'a>,
    /// The caller's variables that stand in for options.
    pub variables: &'a Variables,
    /// The caller.
    pub user: &'a User,
}

/// The whole page.
#[must_use]
pub fn text(explained: &Explained<'_>) -> String {
    let mut page = Page::default();
    explained.image(&mut page);
    explained.modules(&mut page);
    explained.volumes(&mut page);
    explained.workdir(&mut page);
    explained.command(&mut page);
    explained.home(&mut page);
    environment::explain(explained.launch, &mut page);
    page.into_text()
}

/// The first source, and the rest.
fn winner(sources: &[Source]) -> (Option<&Source>, &[Source]) {
    match sources.split_first() {
        Some((first, rest)) => (Some(first), rest),
        None => (None, &[]),
    }
}

impl Explained<'_> {
    fn image(&self, page: &mut Page) {
        let Launch { options, request, image, .. } = self.launch;
        let sources = sources::images(options, self.variables);
        let (from, losers) = winner(&sources);
        page.part("image", &request.image, from.map_or("", |source| &source.place));
        page.note(&format!("identity {}", image.identifier));
        page.losers(losers);
        let Variables { image_type, image, .. } = self.variables;
        if image_type.is_some() != image.is_some() {
            let alone = image_type.iter().chain(image).map(|variable| variable.name.clone()).collect::<String>();
            page.loser(&alone, "counts only together with its counterpart");
        }
    }

    fn modules(&self, page: &mut Page) {
        let Launch { options, request, conf, modules, .. } = self.launch;
        let sources = sources::modules(options, self.variables, conf);
        let (from, losers) = winner(&sources);
        page.part("modules", &joined(modules.iter(), ", "), from.map_or("nothing names any", |source| &source.place));
        for module in modules.iter() {
            if !request.modules.iter().any(|choice| choice.name == module.name) {
                page.note(&format!("{module} is there because another requires it"));
            }
        }
        if let Some(because) = request.gpu_because {
            let is_there = modules.iter().any(|module| module.name == gpu::MODULE);
            let is = if is_there { "there" } else { "not there" };
            page.note(&format!("{} is {is} because of {because}", gpu::MODULE));
        }
        page.losers(losers);
    }

    fn volumes(&self, page: &mut Page) {
        let Launch { options, request, .. } = self.launch;
        let sources = sources::volumes(options, self.variables);
        let (from, losers) = winner(&sources);
        let entries = request.volumes.entries.iter().map(VolumeEntry::signature);
        page.part("volumes", &joined(entries, "; "), from.map_or("nothing asks for any", |source| &source.place));
        page.losers(losers);
    }

    fn workdir(&self, page: &mut Page) {
        let Launch { options, image, inherited, .. } = self.launch;
        let shown = |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let of_image = shown(&image.workdir).filter(|path| !path.is_empty());
        let here = shown(&inherited.directory);
        match &options.workdir {
            Workdir::Path(path) => page.part("workdir", &path.display(), "--workdir"),
            Workdir::Image => match &of_image {
                Some(path) => page.part("workdir", path, "WORKDIR of the image, by --workdir"),
                None => page.part("workdir", &command::CommandError::NoWorkdir, "--workdir"),
            },
            Workdir::Caller => page.part("workdir", &here.clone().unwrap_or("/".into()), "where you are"),
        }
        if options.workdir != Workdir::Image
            && let Some(path) = of_image
        {
            page.loser("WORKDIR of the image", &format!("{path} (--workdir without a value takes it)"));
        }
        if options.workdir != Workdir::Caller
            && let Some(path) = here
        {
            page.loser("where you are", &path);
        }
    }

    fn command(&self, page: &mut Page) {
        let Launch { options, image, .. } = self.launch;
        let from = match (&options.entrypoint, options.command.is_empty()) {
            (Entrypoint::Unused, true) => "nothing names one",
            (Entrypoint::Unused, false) => "the command line",
            (Entrypoint::Program(_), true) => "--entrypoint",
            (Entrypoint::Program(_), false) => "--entrypoint and the command line",
            (Entrypoint::Image, true) => "ENTRYPOINT and CMD of the image, by --entrypoint",
            (Entrypoint::Image, false) => "ENTRYPOINT of the image, by --entrypoint, and the command line",
        };
        match command::words(options, image) {
            Ok(words) => page.part("command", &in_brackets(&words), from),
            Err(error) => page.part("command", &error, from),
        }
        let (takes_entry, takes_cmd) = (
            options.entrypoint == Entrypoint::Image,
            options.entrypoint == Entrypoint::Image && options.command.is_empty(),
        );
        if let (false, Some(entry)) = (takes_entry, &image.entry) {
            page.loser("ENTRYPOINT of the image", &format!("{} (--entrypoint takes it)", in_brackets(entry)));
        }
        if let (false, Some(cmd)) = (takes_cmd, &image.cmd) {
            let why = "(--entrypoint without arguments takes it)";
            page.loser("CMD of the image", &format!("{} {why}", in_brackets(cmd)));
        }
    }

    fn home(&self, page: &mut Page) {
        let Launch { options, request, conf, .. } = self.launch;
        let sources = sources::homes(options, conf);
        let (from, losers) = winner(&sources);
        let home = self.user.home.display();
        let what = match request.home_in(conf) {
            Home::Site => format!("{home}, as the site mounts it"),
            Home::Image => format!("{home}, as the image has it"),
            Home::None => format!("{home}, empty"),
            Home::Path(path) => format!("{home}, which is {}", path.display()),
        };
        page.part("home", &what, from.map_or("nothing says otherwise", |source| &source.place));
        page.losers(losers);
    }
}

fn joined(items: impl Iterator<Item = impl Display>, separator: &str) -> String {
    let items: Vec<String> = items.map(|item| item.to_string()).collect();
    if items.is_empty() { "none".to_owned() } else { items.join(separator) }
}

/// Words as they are run: each is one argument.
fn in_brackets(words: &[OsString]) -> String {
    words.iter().map(|word| format!("[{}]", word.display())).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
