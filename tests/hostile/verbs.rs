//! Which verb reads and writes what.

/// A verb with arguments. `@` stands for the input, `OUT` for a directory that is not there yet, `ROOT` for an
/// empty one.
pub(crate) struct Verb {
    pub(crate) name: &'static str,
    pub(crate) arguments: &'static [&'static str],
    pub(crate) reads: Reads,
}

/// What `@` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reads {
    /// A profile.
    Profile,
    /// A profile of which it shows or changes what it can.
    ProfileInPart,
    /// A file of another kind: answers, a manifest, reports, an installed configuration.
    Other,
    /// The directory that is the nodes' `/`.
    Root,
    /// Nothing: there is no `@`.
    Nothing,
    /// Messages on standard input; tests/lsp has bad ones.
    Stream,
}

const fn verb(name: &'static str, arguments: &'static [&'static str], reads: Reads) -> Verb {
    Verb { name, arguments, reads }
}

/// A row for each verb; several where it reads several things.
pub(crate) const VERBS: &[Verb] = &[
    verb("check", &["check", "@"], Reads::Profile),
    verb("check", &["check", "--fix", "@"], Reads::Profile),
    verb("check", &["check", "--format", "json", "@", "@"], Reads::Profile),
    verb("render", &["render", "@", "--out", "OUT", "--secrets", "placeholder"], Reads::Profile),
    verb("diff", &["diff", "@", "--root", "ROOT"], Reads::Profile),
    verb("diff", &["diff", "--from", "@", "--to", "@"], Reads::Other),
    verb("apply", &["apply", "@", "--root", "ROOT", "--yes"], Reads::Profile),
    verb("rollback", &["rollback", "--root", "@", "--yes"], Reads::Root),
    verb("generations", &["generations", "--root", "@"], Reads::Root),
    verb("gc", &["gc", "--root", "@"], Reads::Root),
    verb("explain", &["explain", "FS011"], Reads::Nothing),
    verb("rules", &["rules"], Reads::Nothing),
    verb("schema", &["schema"], Reads::Nothing),
    verb("lsp", &["lsp"], Reads::Stream),
    verb("try", &["try", "@"], Reads::Profile),
    verb("init", &["init", "--answers", "@", "--out", "OUT"], Reads::Other),
    verb("import", &["import", "@", "--out", "OUT"], Reads::Other),
    verb("verify", &["verify", "--root", "ROOT", "--manifest", "@"], Reads::Other),
    verb("check", &["check", "--facts", "@", "@"], Reads::Other),
    verb("check", &["check", "--baseline", "@", "@"], Reads::Other),
    verb("report", &["report", "@"], Reads::Other),
    verb("fmt", &["fmt", "--diff", "@"], Reads::ProfileInPart),
    verb("migrate", &["migrate", "@", "--to", "native"], Reads::ProfileInPart),
    verb("capacity", &["capacity", "@"], Reads::ProfileInPart),
    verb("support-bundle", &["support-bundle", "--root", "@", "--output", "OUT"], Reads::Root),
    verb("cdi", &["cdi", "@"], Reads::Other),
    verb("cdi", &["cdi", "--facts", "@"], Reads::Other),
    verb("cdi", &["cdi", "--discover", "--root", "@"], Reads::Root),
    verb("stage", &["stage", "mpich", "--root", "@", "--from", "/opt/mpi", "--out", "OUT"], Reads::Root),
    verb("why", &["why", "gateway.timeout", "@"], Reads::ProfileInPart),
    verb("show", &["show", "@"], Reads::ProfileInPart),
    verb("show", &["show", "mounts", "@"], Reads::ProfileInPart),
    verb("facts", &["facts", "--profile", "@", "--root", "ROOT"], Reads::ProfileInPart),
    verb("facts", &["facts", "--root", "@"], Reads::Root),
    verb("doctor", &["doctor", "--profile", "@", "--root", "ROOT"], Reads::Profile),
    verb("doctor", &["doctor", "--root", "@"], Reads::Root),
    verb("docs", &["docs", "gateway"], Reads::Nothing),
    verb("completion", &["completion", "bash"], Reads::Nothing),
    verb("man", &["man"], Reads::Nothing),
];

#[test]
fn every_verb_has_a_row() {
    let help = crate::run::run("/".as_ref(), &["--help"]).out;
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // A verb is indented by two blanks; the lines below it by more.
    let names: Vec<&str> =
        commands.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 5, "{help}");
    for name in names {
        assert!(VERBS.iter().any(|verb| verb.name == name), "say in tests/hostile/verbs.rs what `{name}` reads");
    }
}
