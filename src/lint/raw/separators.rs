//! Lists with the wrong thing between their elements.

use crate::diagnostic::{Category::*, Severity::*};
use crate::import::{Evidence, Marks, TextEdit};
use crate::lint::Check;
use crate::lint::rule::{Impact, Repair, Targets, id, rule};
use shifter_formats::Target;

rule! {
    /// Gateways are separated by commas.
    ///
    /// # What it checks
    /// No `imageGateway` of an imported udiRoot.conf has a comma before `http`.
    ///
    /// # Why is this bad
    /// Addresses are separated by blanks. With commas there is one address, with a host that no name service knows: no image can be looked
    /// up or pulled.
    ///
    /// # Bad
    /// ```conf import/udiRoot.conf
    /// imageGateway=http://gw1:5000,http://gw2:5000
    /// ```
    ///
    /// # Good
    /// ```conf import/udiRoot.conf
    /// imageGateway=http://gw1:5000 http://gw2:5000
    /// ```
    ///
    /// # Fix
    /// Safe: each comma becomes a blank in a copy of the file.
    pub(crate) static COMMA_SEPARATED_GATEWAYS = {
        id: id("RAW008", "comma-separated-gateways", Error, Correctness),
        impact: Impact::Silent,
        fix: Repair::Safe,
        source: "run: all five releases keep one address",
        check: Check::Import(comma_separated),
    }
}

fn comma_separated(files: &Evidence<'_>, out: &mut Marks) {
    let Some(conf) = &files.conf else { return };
    let text = conf.text();
    for line in conf.lines.of_key(text, "imageGateway") {
        let span = line.value();
        let value = &text[span.clone()];
        let is_separator = |at: &usize| value[at + 1..].trim_start().starts_with("http");
        let commas: Vec<usize> = value.match_indices(',').map(|(at, _)| at).filter(is_separator).collect();
        if commas.is_empty() {
            continue;
        }
        let edit = |at: &usize| TextEdit { span: span.start + at..span.start + at + 1, text: " ".to_owned() };
        out.at(
            conf.source,
            span.clone(),
            "the commas make one address of these",
            "write a blank between two addresses",
        )
        .repair("write blanks for commas", commas.iter().map(edit).collect());
    }
}

rule! {
    /// The default modules have blanks beside their commas.
    ///
    /// # What it checks
    /// No name in `defaultModules` of an imported udiRoot.conf begins or ends with a blank.
    ///
    /// # Why is this bad
    /// The blank is part of the name. No module has such a name, and an unknown default module ends every start on the node.
    ///
    /// # Bad
    /// ```conf import/udiRoot.conf
    /// module_mpich_enabled=1
    /// module_cvmfs_enabled=1
    /// defaultModules=mpich, cvmfs
    /// ```
    ///
    /// # Good
    /// ```conf import/udiRoot.conf
    /// module_mpich_enabled=1
    /// module_cvmfs_enabled=1
    /// defaultModules=mpich,cvmfs
    /// ```
    ///
    /// # Fix
    /// Safe: the blanks go in a copy of the file.
    pub(crate) static DEFAULT_MODULES_BLANK = {
        id: id("RAW009", "default-modules-blank", Error, Correctness),
        impact: Impact::EveryStart,
        targets: Targets::Only(&[Target::V1803, Target::Master, Target::Native]),
        fix: Repair::Safe,
        source: "run: 18.03 and master return 2",
        check: Check::Import(modules_blank),
    }
}

fn modules_blank(files: &Evidence<'_>, out: &mut Marks) {
    let Some(conf) = &files.conf else { return };
    let text = conf.text();
    for line in conf.lines.of_key(text, "defaultModules") {
        for part in &line.parts {
            let mut start = part.start;
            for name in text[part.clone()].split(',') {
                let span = start..start + name.len();
                start = span.end + 1;
                let plain = name.trim();
                if plain.len() == name.len() || plain.is_empty() {
                    continue;
                }
                let edit = TextEdit { span: span.clone(), text: plain.to_owned() };
                out.at(
                    conf.source,
                    span,
                    format!("the blank is part of the name `{name}`"),
                    "write no blank beside a comma",
                )
                .repair("take the blank away", vec![edit]);
            }
        }
    }
}
