//! The environment, variable by variable: whose value it is, and whose was replaced.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use shifter_formats::env::{self, EnvOp};

use crate::launch::environment::{Change, Deed, changes};
use crate::launch::{EnvFileError, Launch};
use crate::request::Environment;

/// What is told of the environment.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// `--env-file`, if there is one.
    pub(super) file: Option<FromFile>,
    /// The variables of the container, by name.
    pub(super) present: Vec<Story>,
    /// Those that somebody set and that are not in it.
    pub(super) absent: Vec<Story>,
}

/// The file of variables.
#[derive(Debug)]
pub(super) struct FromFile {
    /// As it was given.
    pub(super) path: String,
    /// Why its variables are not among the others.
    pub(super) error: Option<String>,
}

/// What happened to one variable.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) name: String,
    /// Its value in the container.
    pub(super) value: Option<String>,
    /// In order.
    pub(super) events: Vec<Event>,
}

/// What one source did to a variable.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) author: String,
    pub(super) what: String,
    /// Whether the value has anything of it.
    pub(super) counts: bool,
    /// Whether it makes what was there before irrelevant.
    replaces: bool,
}

pub(super) fn told(launch: &Launch<'_>, file: Option<&Result<Environment, EnvFileError>>) -> Told {
    let empty = Environment::new();
    let changes = changes(launch, file.and_then(|file| file.as_ref().ok()).unwrap_or(&empty));
    let mut environment = Environment::new();
    let mut events: BTreeMap<OsString, Vec<Event>> = BTreeMap::new();
    for change in &changes {
        for (name, event) in happenings(change, &environment) {
            events.entry(name).or_default().push(event);
        }
        change.apply(&mut environment);
    }
    let stories = events.into_iter().map(|(name, mut events)| {
        let first_that_counts = events.iter().rposition(|event| event.replaces).unwrap_or(0);
        events[first_that_counts..].iter_mut().for_each(|event| event.counts = true);
        Story { value: env::get(&environment, &name).map(shown), name: shown(&name), events }
    });
    let (present, absent) = stories.partition(|story| story.value.is_some());
    let path = launch.options.env_file.as_deref().map(|path| shown(path.as_os_str()));
    let error = match file {
        Some(Ok(_)) => None,
        Some(Err(EnvFileError::Read(_, error))) => Some(error.errno.to_string()),
        Some(Err(error)) => Some(error.to_string()),
        None => Some("it was not looked for".to_owned()),
    };
    Told { file: path.map(|path| FromFile { path, error }), present, absent }
}

fn shown(text: &OsStr) -> String {
    text.display().to_string()
}

/// What a change means for each variable it is about.
fn happenings(change: &Change<'_>, environment: &Environment) -> Vec<(OsString, Event)> {
    let event = |what, replaces| Event { author: change.author.to_string(), what, counts: false, replaces };
    match &change.deed {
        Deed::Set(name, value) => vec![(name.clone(), event(format!("set {}", value.display()), true))],
        Deed::LeftOut(name, _, why) => vec![(name.clone(), event(format!("left out: {why}"), true))],
        Deed::Site(EnvOp::Set(to)) => vec![((&to.name).into(), event(format!("set {}", to.value), true))],
        Deed::Site(EnvOp::Append(more)) => vec![((&more.name).into(), event(format!("append {}", more.value), false))],
        Deed::Site(EnvOp::Prepend(more)) => {
            vec![((&more.name).into(), event(format!("prepend {}", more.value), false))]
        }
        Deed::Site(EnvOp::Unset(pattern)) => environment
            .iter()
            .filter(|(name, _)| pattern.matches(name))
            .map(|(name, _)| (name.clone(), event(format!("unset {pattern}"), true)))
            .collect(),
    }
}
