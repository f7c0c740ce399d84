//! `--explain`: which source won for each part of a start, and which ones lost. Pure; nothing is started.
//!
//! It shows what the caller wrote, what the image says that he may use, and what the site sets in his container. The
//! image was found as for a start, so one that is private is told as one that is missing.

use std::ffi::OsString;

use shifter_formats::udiroot::Home;
use shifter_formats::volume::VolumeEntry;

use crate::account::User;
use crate::gpu;
use crate::launch::{EnvFileError, Launch, command};
use crate::request::options::{Entrypoint, Form, Workdir};
use crate::request::sources::{self, Source};
use crate::request::{Environment, Variables};

mod environment;
mod json;
mod page;
mod text;

use page::{Page, Value};

/// What is explained.
#[derive(Clone, Copy, Debug)]
pub struct Explained<'a> {
    /// The start, as far as it is known before the container is there.
    pub launch: &'a Launch<'a>,
    /// The caller's variables that stand in for options.
    pub variables: &'a Variables,
    /// The caller.
    pub user: &'a User,
    /// The variables of `--env-file`, as [`Launch::env_file_outside`] finds them.
    pub env_file: Option<&'a Result<Environment, EnvFileError>>,
    /// What the container lacks for want of privilege, a line each.
    pub lost: &'a [&'a str],
}

/// The whole page.
#[must_use]
pub fn print(explained: &Explained<'_>, form: Form) -> String {
    let mut page = Page::default();
    explained.image(&mut page);
    explained.modules(&mut page);
    explained.volumes(&mut page);
    explained.workdir(&mut page);
    explained.command(&mut page);
    explained.home(&mut page);
    page.environment = environment::told(explained.launch, explained.env_file);
    match form {
        Form::Table => text::text(&page, explained.lost),
        Form::Json => json::json(&page, explained.lost),
    }
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
        let part = page.part("image", Value::One(request.image.to_string()), from.map_or("", |source| &source.place));
        part.facts.push(("identity", image.identifier.clone()));
        part.losers(losers);
        let Variables { image_type, image, .. } = self.variables;
        if image_type.is_some() != image.is_some() {
            let alone = image_type.iter().chain(image).map(|variable| variable.name.clone()).collect::<String>();
            part.loser(&alone, "counts only together with its counterpart".to_owned());
        }
    }

    fn modules(&self, page: &mut Page) {
        let Launch { options, request, conf, modules, .. } = self.launch;
        let sources = sources::modules(options, self.variables, conf);
        let (from, losers) = winner(&sources);
        let names = Value::List(modules.iter().map(ToString::to_string).collect(), ", ");
        let part = page.part("modules", names, from.map_or("nothing names any", |source| &source.place));
        for module in modules.iter() {
            if !request.modules.iter().any(|choice| choice.name == module.name) {
                part.note(format!("{module} is there because another requires it"));
            }
        }
        if let Some(because) = request.gpu_because {
            let is_there = modules.iter().any(|module| module.name == gpu::MODULE);
            let is = if is_there { "there" } else { "not there" };
            part.note(format!("{} is {is} because of {because}", gpu::MODULE));
        }
        part.losers(losers);
    }

    fn volumes(&self, page: &mut Page) {
        let Launch { options, request, .. } = self.launch;
        let sources = sources::volumes(options, self.variables);
        let (from, losers) = winner(&sources);
        let entries = Value::List(request.volumes.entries.iter().map(VolumeEntry::signature).collect(), "; ");
        page.part("volumes", entries, from.map_or("nothing asks for any", |source| &source.place)).losers(losers);
    }

    fn workdir(&self, page: &mut Page) {
        let Launch { options, image, inherited, .. } = self.launch;
        let shown = |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let of_image = shown(&image.workdir).filter(|path| !path.is_empty());
        let here = shown(&inherited.directory);
        let (value, from) = match (&options.workdir, &of_image) {
            (Workdir::Path(path), _) => (Value::One(path.display().to_string()), "--workdir"),
            (Workdir::Image, Some(path)) => (Value::One(path.clone()), "WORKDIR of the image, by --workdir"),
            (Workdir::Image, None) => (Value::Refused(command::CommandError::NoWorkdir.to_string()), "--workdir"),
            (Workdir::Caller, _) => (Value::One(here.clone().unwrap_or("/".into())), "where you are"),
        };
        let part = page.part("workdir", value, from);
        if options.workdir != Workdir::Image
            && let Some(path) = of_image
        {
            part.loser("WORKDIR of the image", format!("{path} (--workdir without a value takes it)"));
        }
        if options.workdir != Workdir::Caller
            && let Some(path) = here
        {
            part.loser("where you are", path);
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
        let value = match command::words(options, image) {
            Ok(words) => Value::Words(texts(&words)),
            Err(error) => Value::Refused(error.to_string()),
        };
        let part = page.part("command", value, from);
        let (takes_entry, takes_cmd) = (
            options.entrypoint == Entrypoint::Image,
            options.entrypoint == Entrypoint::Image && options.command.is_empty(),
        );
        if let (false, Some(entry)) = (takes_entry, &image.entry) {
            part.loser("ENTRYPOINT of the image", format!("{} (--entrypoint takes it)", in_brackets(&texts(entry))));
        }
        if let (false, Some(cmd)) = (takes_cmd, &image.cmd) {
            let why = "(--entrypoint without arguments takes it)";
            part.loser("CMD of the image", format!("{} {why}", in_brackets(&texts(cmd))));
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
        page.part("home", Value::One(what), from.map_or("nothing says otherwise", |source| &source.place))
            .losers(losers);
    }
}

fn texts(words: &[OsString]) -> Vec<String> {
    words.iter().map(|word| word.display().to_string()).collect()
}

/// Words as they are run: each is one argument.
fn in_brackets(words: &[String]) -> String {
    words.iter().map(|word| format!("[{word}]")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
