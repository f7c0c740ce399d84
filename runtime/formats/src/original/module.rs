//! The original's `module_<name>_<key>` lines and its selection of default modules.

use super::{NoticeKind, RefusalKind};
use crate::Target;
use crate::udiroot::{Conf, MODULE_KEYS, ModuleName, Table as _};

/// Reads one line. Nothing here is fatal: the original drops the module parser's result.
pub(super) fn read_line(conf: &mut Conf, target: Target, key: &str, value: &str, notices: &mut Vec<NoticeKind>) {
    // strtok(3): empty tokens do not count, and those after the third are dropped.
    let mut tokens = key.split('_').filter(|token| !token.is_empty()).skip(1);
    let (Some(name), Some(field)) = (tokens.next(), tokens.next()) else {
        notices.push(NoticeKind::ModuleWithoutKey);
        return;
    };
    let module = conf.module_mut(ModuleName::new(name));
    let row = MODULE_KEYS.iter().find(|row| row.name == field && row.is_known_to(target));
    let Some(row) = row else {
        notices.push(NoticeKind::ModuleKeyIgnored { module: name.to_owned(), key: field.to_owned() });
        return;
    };
    if let Err(RefusalKind::Volume(error)) = module.read_original(field, value, row.replaces, notices) {
        notices.push(NoticeKind::ModuleVolumes(error));
    }
}

/// The names of the modules that every container gets, in order.
///
/// What was loaded before a refusal is kept in `active`.
pub(super) fn select_defaults(
    conf: &Conf,
    active: &mut Vec<String>,
    notices: &mut Vec<NoticeKind>,
) -> Result<(), RefusalKind> {
    for (name, module) in &conf.modules {
        for conflict in &module.conflict {
            if !conf.modules.iter().any(|(known, _)| known.name == *conflict) {
                return Err(RefusalKind::UnknownConflict { module: name.name.clone(), conflict: conflict.clone() });
            }
        }
    }
    if matches!(conf.default_modules.as_slice(), [only] if only.is_none()) {
        return Ok(());
    }
    let find = |name: &str| conf.modules.iter().find(|(known, _)| known.name == name);
    for choice in &conf.default_modules {
        let Some((name, module)) = find(&choice.name) else {
            return Err(RefusalKind::UnknownModule(choice.name.clone()));
        };
        if module.enabled == Some(false) {
            notices.push(NoticeKind::ModuleDisabled(name.name.clone()));
            return Err(RefusalKind::DisabledModule(name.name.clone()));
        }
        let excludes = |from: &str, other: &str| {
            find(from).is_some_and(|(_, module)| module.conflict.iter().any(|name| name == other))
        };
        let rival = active.iter().find(|loaded| excludes(&name.name, loaded) || excludes(loaded, &name.name));
        if let Some(rival) = rival {
            return Err(RefusalKind::ConflictingModules(name.name.clone(), rival.clone()));
        }
        active.push(name.name.clone());
    }
    Ok(())
}
