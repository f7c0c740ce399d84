//! A new profile: annotated, made of a few answers, clean under `check`.
//!
//! A [`Question`] has a key, a sentence and a usual answer. Answers come from a file, from the facts of a node or
//! from a person ([`Interview`]); each is judged when it is given. [`profile`] writes the text.

mod answer;
mod from_facts;
mod interview;
mod question;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context, syntax::SyntaxConfig};

pub use answer::{Answers, FileSystem};
pub use from_facts::suggestions;
pub use interview::{Ask, InitError, Interview, Unanswered};
pub use question::{QUESTIONS, Question};

use crate::{layout, target::Target};

const TEMPLATE: &str = include_str!("../templates/profile.toml");

/// The text of a new profile, in the usual form. What is [`assumed`](Answers::assumed) stands below a comment that says so.
///
/// # Errors
/// When the template is wrong, which is this program's fault.
pub fn profile(answers: &Answers) -> Result<String, minijinja::Error> {
    let native = answers.shifter == Target::Native;
    let laptop = answers.preset == "laptop";
    let endpoints: Vec<String> = answers.gateways.iter().map(|host| format!("http://{host}:5000")).collect();
    let file_system = |one: &FileSystem| {
        context! { path => one.path.as_str(), kind => one.r#type.as_str(), users_write => one.users_write }
    };
    let file_systems: Vec<Value> = answers.file_systems.iter().map(file_system).collect();
    let vendor = |name: &String| context! { name => name, devices => devices(name).to_vec() };
    let vendors: Vec<Value> = answers.gpus.iter().map(vendor).collect();
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    environment.set_syntax(syntax?);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.add_filter("toml", as_toml);
    let values = context! {
        preset => answers.preset.as_str(),
        name => answers.name.as_str(),
        shifter => answers.shifter.to_string(),
        os => answers.os.as_str(),
        laptop => laptop,
        native => native,
        nodes => answers.nodes,
        containers_per_node => answers.containers_per_node,
        file_systems => file_systems,
        images => answers.images.as_str(),
        endpoints => endpoints,
        broker => matches!(answers.shifter, Target::V1608 | Target::V1608Gpu | Target::V1704),
        vendors => vendors,
        assumed => answers.assumed.clone(),
    };
    let text = environment.render_str(TEMPLATE, values)?;
    // What is no TOML because of an answer is for `check` to say.
    Ok(layout::tidy(&text).unwrap_or(text))
}

/// A value as TOML writes it.
fn as_toml(value: &Value) -> String {
    toml::Value::try_from(value).map_or_else(|error| error.to_string(), |value| value.to_string())
}

/// The device files of a vendor's accelerators.
fn devices(vendor: &str) -> &'static [&'static str] {
    match vendor {
        "nvidia" => &["/dev/nvidia*"],
        "amd" => &["/dev/kfd", "/dev/dri/renderD*"],
        _ => &["/dev/dri/renderD*"],
    }
}
