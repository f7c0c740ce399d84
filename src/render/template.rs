//! The templates: strict about what is undefined, with the quotes of a shell and of systemd as filters.

use super::{RenderError, quote};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};
use std::sync::LazyLock;

/// Every template, by its name in `templates/`.
const TEMPLATES: &[(&str, &str)] = &[
    ("hook.sh", include_str!("../../templates/hook.sh")),
    ("shifter-imagegw@.service", include_str!("../../templates/shifter-imagegw@.service")),
    ("shifter-imagegw.service", include_str!("../../templates/shifter-imagegw.service")),
    ("shifter-imagegw-worker.service", include_str!("../../templates/shifter-imagegw-worker.service")),
    ("shifter-imagegw.init", include_str!("../../templates/shifter-imagegw.init")),
    ("proxy.conf", include_str!("../../templates/proxy.conf")),
    ("redis.conf", include_str!("../../templates/redis.conf")),
    ("shifter-update-passwd-group", include_str!("../../templates/shifter-update-passwd-group")),
    ("refresh.service", include_str!("../../templates/refresh.service")),
    ("refresh.timer", include_str!("../../templates/refresh.timer")),
    ("refresh.cron", include_str!("../../templates/refresh.cron")),
    ("plugstack.conf", include_str!("../../templates/plugstack.conf")),
    ("shifter_hold.lua", include_str!("../../templates/slurm/shifter_hold.lua")),
    ("shifter-release", include_str!("../../templates/slurm/shifter-release")),
    ("cray-shifter-extra-service", include_str!("../../templates/torque/cray-shifter-extra-service")),
    ("cray-shifter-prologue", include_str!("../../templates/torque/cray-shifter-prologue")),
    ("cray-shifter-epilogue", include_str!("../../templates/torque/cray-shifter-epilogue")),
    ("cray-shifter-ssh-cleanup", include_str!("../../templates/torque/cray-shifter-ssh-cleanup")),
    ("hardening.conf", include_str!("../../templates/hardening.conf")),
];

/// All templates, read once.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    environment.set_syntax(syntax.expect("the usual delimiters are sound"));
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.add_filter("sh", |text: &str| quote::shell(text));
    environment.add_filter("path", |text: &str| quote::shell_path(text));
    environment.add_filter("unit", |text: &str| quote::unit(text));
    environment.add_filter("redis", |text: &str| quote::redis(text));
    for (name, text) in TEMPLATES {
        environment.add_template(name, text).expect("a test renders every template");
    }
    environment
});

/// The text of the template `name` with `values`.
pub(super) fn render(name: &str, values: Value) -> Result<String, RenderError> {
    let failed = |source| RenderError::Template { file: name.to_owned(), source };
    ENVIRONMENT.get_template(name).and_then(|template| template.render(values)).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_missing_is_an_error() {
        for (name, _) in TEMPLATES.iter().filter(|(name, _)| *name != "hardening.conf") {
            assert!(render(name, minijinja::context! {}).is_err(), "{name}");
        }
    }
}
