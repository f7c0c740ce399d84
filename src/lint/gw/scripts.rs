//! GW and REG rules about scripts that start the gateway.

use std::collections::BTreeMap;

use crate::diagnostic::{Category::*, Severity::*};
use crate::lint::Check;
use crate::lint::rule::{Impact, id, rule};
use crate::profile::section::ScriptRole;
use crate::script::{Script, Word};

rule! {
    /// The gateway's program was copied to run it on several ports.
    ///
    /// # What it checks
    /// A script does not run programs of one directory whose names differ in a number only: `imagegwapi.py`, `imagegwapi1.py`.
    ///
    /// # Why is this bad
    /// Each update has to be made in every copy. One program takes its port as an argument (L22, L36).
    ///
    /// # Bad
    /// ```toml
    /// [[script]]
    /// file = "start"
    /// role = "service"
    /// ```
    ///
    /// ```sh start
    /// #!/bin/sh
    /// python /opt/shifter/imagegwapi.py & api=$!
    /// python /opt/shifter/imagegwapi1.py & api1=$!
    /// wait "$api" "$api1"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[script]]
    /// file = "start"
    /// role = "service"
    /// ```
    ///
    /// ```sh start
    /// #!/bin/sh
    /// gunicorn -b 10.0.0.1:5000 shifter_imagegw.api:app & api=$!
    /// gunicorn -b 10.0.0.1:5001 shifter_imagegw.api:app & api1=$!
    /// wait "$api" "$api1"
    /// ```
    ///
    /// # No fix
    /// A script is its writer's: `--fix` edits profiles only.
    pub(crate) static CLONED_ENTRYPOINTS = {
        id: id("GW039", "cloned-entrypoints", Warn, Style),
        impact: Impact::Untidy,
        source: "L22; L36",
        check: Check::View(|view, out| {
            for carried in view.carried() {
                let script = carried.script();
                let mut families: BTreeMap<String, Vec<&Word>> = BTreeMap::new();
                for command in script.simple().filter(|command| !command.setting.in_text) {
                    for word in command.words.iter().take(2) {
                        if let Some(family) = family(script, word) {
                            families.entry(family).or_default().push(word);
                        }
                    }
                }
                for (family, words) in families {
                    let mut names: Vec<String> = words.iter().map(|word| word.text()).collect();
                    names.sort();
                    names.dedup();
                    if names.len() > 1 {
                        out.in_script_with(&carried, words[0].span.clone(), format!("{} copies of `{family}` are run", names.len()), "run one program with a port each: `gunicorn -b HOST:PORT shifter_imagegw.api:app`", |finding| {
                            words[1..].iter().fold(finding, |finding, word| finding.label(carried.second(word.span.clone(), "a copy")))
                        });
                    }
                }
            }
        }),
    }
}

/// The program without the number at the end of its name.
fn family(script: &Script, word: &Word) -> Option<String> {
    let path = script.resolved(word);
    let stem = path.strip_suffix(".py")?;
    Some(format!("{}.py", stem.trim_end_matches(|c: char| c.is_ascii_digit())))
}

rule! {
    /// The gateway is started without the proxy it needs.
    ///
    /// # What it checks
    /// Where the profile has `[gateway.proxy]`, a script of the site that starts the gateway (`role = "init"` or `"service"`) sets the
    /// variables: `https_proxy`, `http_proxy` or `all_proxy`.
    ///
    /// # Why is this bad
    /// A service gets nothing of an administrator's login shell: by hand pulls work, and after a reboot they do not (manual 1.4).
    ///
    /// # Bad
    /// ```toml
    /// [gateway.proxy]
    /// https = "http://proxy:3128"
    ///
    /// [[script]]
    /// file = "start"
    /// role = "service"
    /// ```
    ///
    /// ```sh start
    /// #!/bin/sh
    /// exec gunicorn -b 10.0.0.1:5000 shifter_imagegw.api:app
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway.proxy]
    /// https = "http://proxy:3128"
    ///
    /// [[script]]
    /// file = "start"
    /// role = "service"
    /// ```
    ///
    /// ```sh start
    /// #!/bin/sh
    /// export https_proxy=http://proxy:3128
    /// exec gunicorn -b 10.0.0.1:5000 shifter_imagegw.api:app
    /// ```
    ///
    /// # No fix
    /// A script is its writer's: `--fix` edits profiles only.
    pub(crate) static PROXY_NOT_IN_SERVICE = {
        id: id("REG011", "proxy-not-in-service", Error, Correctness),
        impact: Impact::OneStart,
        source: "manual 1.4",
        check: Check::View(|view, out| {
            let Some(proxy) = view.gateway().proxy.as_ref() else { return };
            if proxy.http.is_none() && proxy.https.is_none() && proxy.all.is_none() {
                return;
            }
            for carried in view.carried().iter().filter(|carried| carried.is(ScriptRole::Init) || carried.is(ScriptRole::Service)) {
                let script = carried.script();
                let starts = script.simple().find(|command| command.words.iter().any(|word| {
                    let text = script.resolved(word);
                    text.contains("imagegw") && !text.contains("/init.d/")
                }));
                let Some(start) = starts else { continue };
                let is_proxy = |name: &str| name.to_ascii_lowercase().ends_with("_proxy");
                let mut assigned = script.commands.iter().flat_map(|command| &command.assignments);
                let sourced = [".", "source"].iter().any(|name| script.called(name).next().is_some());
                if !assigned.any(|assignment| is_proxy(&assignment.name)) && !sourced {
                    out.in_script_with(carried, start.span.clone(), "the gateway starts without the proxy of the profile", "export `https_proxy` above, or let the toolkit render the service", |finding| {
                        finding.also("gateway.proxy", "registries are reached through it")
                    });
                }
            }
        }),
    }
}
