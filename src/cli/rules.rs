//! `shifter-site rules`: all rules, as a list.

use serde_json::{Value, json};

use super::{
    Outcome,
    console::Console,
    exit::{Exit, Failure},
};
use crate::lint::{self, RETIRED, RULES, Repair, Retired, Rule};

/// List the rules.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The form of the list.
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    format: Form,
    /// Only these: codes, names or prefixes of codes.
    #[arg(long, value_delimiter = ',', value_name = "RULES")]
    select: Vec<String>,
}

/// A form of the list.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Form {
    /// One line for each rule.
    #[default]
    Text,
    /// A JSON array.
    Json,
    /// The whole manual as Markdown.
    Md,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    for selector in &args.select {
        if lint::find(selector).is_empty() {
            return Err(Failure::Usage(format!("there is no rule `{selector}`")));
        }
    }
    let wanted = |rule: &Rule| args.select.is_empty() || args.select.iter().any(|selector| rule.answers_to(selector));
    let rules: Vec<&Rule> = RULES.iter().copied().filter(|rule| wanted(rule)).collect();
    let text = match args.format {
        Form::Text => lint::listing(&rules),
        Form::Json => {
            let retired = RETIRED.iter().filter(|_| args.select.is_empty()).map(retired_as_json);
            format!("{:#}\n", rules.iter().map(|rule| as_json(rule)).chain(retired).collect::<Value>())
        }
        Form::Md if args.select.is_empty() => lint::reference(),
        Form::Md => rules.iter().map(|rule| lint::markdown(rule, 2)).collect(),
    };
    console.say(&text)?;
    Ok(Exit::Clean)
}

/// A rule for other programs.
pub(super) fn as_json(rule: &Rule) -> Value {
    json!({
        "code": rule.id.code,
        "name": rule.id.name,
        "status": "active",
        "severity": rule.id.severity.as_str(),
        "category": rule.id.category.as_str(),
        "impact": rule.impact.sentence(),
        "fix": match rule.fix {
            Repair::ByHand => "none",
            Repair::Safe => "safe",
            Repair::Unsafe => "unsafe",
        },
        "summary": lint::summary(rule),
        "source": rule.source,
    })
}

/// A code that is not used again.
fn retired_as_json(gone: &Retired) -> Value {
    json!({ "code": gone.code, "name": gone.name, "status": "retired", "reason": gone.reason })
}
