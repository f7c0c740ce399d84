//! `shifter-site why`: the value of a key, and everything that made it so.

use super::{
    Outcome,
    console::Console,
    exit::{Exit, Failure},
    find,
    form::Form,
    layers::LayerArgs,
};
use crate::check::{self, Strictness};
use crate::docs::key;
use crate::profile::Input;
use crate::why;

/// Say why a key has the value it has: every layer that set it, its default, what it is rendered as.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shifter-site why gateway.timeout cori.toml
  shifter-site why images.path edison.toml --class login
  shifter-site why 'module.mpich' el9-slingshot.toml --format json
  shifter-site why filesystem.0.options

The key of a table gives its values, one on a line.
Exit code: 0 when there is such a key, set or not; 1 when there is none.")]
pub(super) struct Args {
    /// A key of the profile, written with dots.
    #[arg(value_name = "KEY")]
    key: String,
    #[command(flatten)]
    profile: find::ProfileArgs,
    /// The form of the answer.
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    format: Form,
    #[command(flatten)]
    layers: LayerArgs,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    let path = args.key.replace("[]", "").parse().map_err(|error| Failure::Usage(format!("{error}")))?;
    let file = args.profile.path()?;
    let options = args.layers.options(Input::File(file));
    let checked = check::check(&options, args.layers.class.as_deref(), &Strictness::default())?;
    let Some(answers) = why::why(&checked, args.layers.class.as_deref(), &path) else {
        let near = key::near(&args.key).map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
        console.note(&format!("shifter-site: a profile has no key `{}`{near}\n", args.key));
        return Ok(Exit::Failed);
    };
    match args.format {
        Form::Json => {
            let value = serde_json::to_value(&answers).map_err(|error| Failure::Defect(error.to_string()))?;
            console.say(&format!("{value:#}\n"))?;
        }
        Form::Human if answers.is_empty() => {
            console.say(&format!("{} holds nothing that anybody wrote\n", args.key))?;
        }
        Form::Human => console.say(&why::text(&answers))?,
    }
    if checked.has_errors() {
        console.note(
            "shifter-site: the profile has errors, see `shifter-site check`: what it is rendered as may be missing\n",
        );
    }
    Ok(Exit::Clean)
}
