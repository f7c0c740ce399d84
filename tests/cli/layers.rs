//! Layers: every finding names the file that holds the mistake.

use super::support::{GOOD, Site, good_but};

fn concise(site: &Site, arguments: &[&str]) -> String {
    site.run(&[&["check", "--format", "concise"], arguments].concat()).out
}

#[test]
fn a_mistake_in_a_base_layer_is_said_of_the_base() {
    let site = Site::new()
        .with("base/site.toml", &good_but("\"20s\"", "20"))
        .with("top.toml", "schema = 1\nextends = \"base/site.toml\"\n[site]\nname = \"top\"\nnam = 1\n");
    let out = concise(&site, &["top.toml"]);
    assert!(out.contains("base/site.toml:19:14: error[SITE003]"), "{out}");
    assert!(out.contains("top.toml:5:1: error[SITE002]"), "{out}");
}

#[test]
fn a_mistake_that_a_higher_layer_overrides_is_still_one() {
    let site = Site::new()
        .with("base.toml", &good_but("\"20s\"", "20"))
        .with("top.toml", "schema = 1\nextends = \"base.toml\"\n[gateway]\ntimeout = \"30s\"\n");
    let out = concise(&site, &["top.toml"]);
    assert!(out.contains("base.toml:19:14: error[SITE003]"), "{out}");
}

#[test]
fn a_base_layer_is_said_once_however_often_it_is_reached() {
    let site = Site::new()
        .with("base.toml", &good_but("\"20s\"", "20"))
        .with("a.toml", "schema = 1\nextends = \"base.toml\"\n")
        .with("b.toml", "schema = 1\nextends = [\"base.toml\", \"a.toml\"]\n");
    let out = concise(&site, &["b.toml", "a.toml", "base.toml"]);
    assert_eq!(out.matches("SITE003").count(), 1, "{out}");
}

#[test]
fn layers_in_a_circle_are_shown_where_it_closes() {
    let site = Site::new()
        .with("a.toml", "schema = 1\nextends = \"b.toml\"\n")
        .with("b.toml", "schema = 1\nextends = \"a.toml\"\n");
    let out = concise(&site, &["a.toml"]);
    assert!(out.contains("b.toml:2:11: error[SITE012] extends-cycle: layers extend one another in a circle: a.toml -> b.toml -> a.toml"), "{out}");
}

#[test]
fn a_base_that_is_not_there_is_a_finding_where_it_is_named() {
    let site = Site::new().with("top.toml", &format!("extends = [\"nosuch.toml\"]\n{GOOD}"));
    let ran = site.run(&["check", "--format", "concise", "top.toml"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("top.toml:1:12: error[SITE012]"), "{ran:?}");
}

#[test]
fn a_preset_is_the_lowest_layer_and_a_typo_in_its_name_is_found() {
    let text = good_but("[wlm]\nkind = \"slurm\"\n", "").replacen("os      = \"el7\"\n", "", 1);
    let site = Site::new()
        .with("good.toml", &format!("preset = \"slurm-el\"\n{text}"))
        .with("typo.toml", &format!("preset = \"slurm-le\"\n{GOOD}"));
    assert_eq!(site.run(&["check", "good.toml"]).code, 0);
    let out = concise(&site, &["typo.toml"]);
    assert!(out.contains("typo.toml:1:10: error[SITE012] extends-cycle: there is no preset \"slurm-le\""), "{out}");
}

#[test]
fn a_second_place_in_another_file_is_shown_too() {
    let site = Site::new()
        .with("base.toml", &good_but("[gateway]", "[gateway]\nadmins = [\"root\"]"))
        .with("top.toml", "schema = 1\nextends = \"base.toml\"\n[gateway]\nadmins = [\"bob\"]\n");
    let ran = site.run(&["check", "--tier", "strict", "--select", "SITE018", "top.toml"]);
    insta::assert_snapshot!("two-files", ran.out);
}

#[test]
fn a_gateway_is_checked_with_the_profiles_it_serves() {
    let site = Site::new().with("cori.toml", &good_but("\"90d\"", "90")).with(
        "gateway.toml",
        "schema = 1\nkind = \"gateway\"\nserves = [\"cori.toml\", \"edison.toml\"]\n[site]\nname = \"hub\"\n",
    );
    let out = concise(&site, &["gateway.toml"]);
    assert!(out.contains("cori.toml:12:16: error[SITE003]"), "{out}");
    assert!(out.contains("gateway.toml:3:24: error[SITE012]"), "{out}");
}

#[test]
fn a_suppression_in_a_base_layer_counts_and_an_unused_one_is_said_of_its_own_file() {
    let base = good_but("timeout    = \"20s\"", "timeout = 20 # shifter-site: ignore[SITE003] for the test");
    let site = Site::new().with("base.toml", &base).with("top.toml", "schema = 1\nextends = \"base.toml\"\n");
    let out = concise(&site, &["top.toml"]);
    assert!(!out.contains("SITE003") && out.contains("1 suppressed"), "{out}");
}

/// What `render` makes of a class.
fn conf(site: &Site, class: &str) -> String {
    site.run(&["render", "site.toml", "--class", class, "--stdout", "udiRoot.conf"]).out
}

#[test]
fn a_class_lays_its_overrides_over_those_of_the_classes_it_is_made_from() {
    let text = format!(
        "{GOOD}\n[class.compute]\nset.runtime.max_groups = 20\nset.paths.udi_mount = \"/var/c\"\n\
         [class.gpu]\nfrom = [\"compute\"]\nset.paths.udi_mount = \"/var/g\"\n[class.login]\n"
    );
    let site = Site::new().with("site.toml", &text);
    let gpu = conf(&site, "gpu");
    assert!(gpu.contains("maxGroupCount=20\n") && gpu.contains("udiMount=/var/g\n"), "{gpu}");
    assert!(conf(&site, "compute").contains("udiMount=/var/c\n"));
    assert!(conf(&site, "login").contains("udiMount=/var/udiMount\n"));
}

#[test]
fn options_win_over_classes() {
    let text = format!("{GOOD}\n[class.compute]\nset.paths.udi_mount = \"/var/c\"\n");
    let site = Site::new().with("site.toml", &text);
    let arguments = ["render", "--class", "compute", "--set", "paths.udi_mount=/var/o", "--stdout", "udiRoot.conf"];
    let ran = site.run(&arguments);
    assert!(ran.out.contains("udiMount=/var/o\n"), "{ran:?}");
}

#[test]
fn classes_made_from_one_another_are_a_finding_and_no_endless_loop() {
    let text = format!("{GOOD}\n[class.a]\nfrom = [\"b\"]\n[class.b]\nfrom = [\"a\"]\n");
    let out = concise(&Site::new().with("site.toml", &text), &["site.toml"]);
    assert!(out.contains("error[SITE012] extends-cycle: classes are made from one another: a -> b -> a"), "{out}");
}

#[test]
fn the_lists_of_layers_grow_and_shrink() {
    let top = "schema = 1\nextends = \"base.toml\"\nfilesystem_remove = [\"/home\"]\n\
               [[filesystem]]\nsource = \"/project\"\n[gateway]\nendpoints_add = [\"http://other:5000\"]\n";
    let site = Site::new().with("base.toml", GOOD).with("top.toml", top);
    let ran = site.run(&["render", "top.toml", "--stdout", "udiRoot.conf"]);
    assert!(ran.out.contains("siteFs=/project:/project\n"), "{ran:?}");
    assert!(ran.out.contains("imageGateway=http://head:5000 http://other:5000\n"), "{ran:?}");
}

#[test]
fn taking_out_what_is_not_there_is_a_finding() {
    let top = "schema = 1\nextends = \"base.toml\"\nfilesystem_remove = [\"/hmoe\"]\n[class.login]\nset.gateway.endpoints_add = [\"http://head:5000\"]\n";
    let out = concise(&Site::new().with("base.toml", GOOD).with("top.toml", top), &["top.toml"]);
    assert!(out.contains("top.toml:3:22: warn[SITE014]"), "{out}");
    assert!(out.contains("top.toml:5:30: warn[SITE014] unused-override: `gateway.endpoints` has"), "{out}");
}

#[test]
fn a_class_may_change_a_list_instead_of_replacing_it() {
    let text = format!(
        "{GOOD}\n[class.compute]\nset.filesystem_add = [{{ source = \"/scratch\" }}]\n\
         [class.login]\nset.filesystem_remove = [\"/home\"]\nset.gateway.endpoints_add = [\"http://two:5000\"]\n"
    );
    let site = Site::new().with("site.toml", &text);
    let (compute, login) = (conf(&site, "compute"), conf(&site, "login"));
    assert!(compute.contains("/home:/home;\\\n    /scratch:/scratch\n"), "{compute}");
    assert!(!login.contains("/home") && login.contains("imageGateway=http://head:5000 http://two:5000\n"), "{login}");
}

#[test]
fn a_base_layer_that_is_not_there_is_the_only_mistake() {
    let site = Site::new().with("site.toml", "schema = 1\nextends = \"nosuch.toml\"\n");
    let ran = site.run(&["check", "--format", "concise", "site.toml"]);
    assert_eq!(ran.out.matches("error[").count(), 1, "{ran:?}");
    assert!(ran.out.starts_with("site.toml:2:11: error[SITE012]"), "{ran:?}");
}

#[test]
fn a_class_cannot_be_named_out_of_the_output_directory() {
    let text = format!("{GOOD}[class.compute]\n[class.\"../outside\"]\n");
    let site = Site::new().with("site.toml", &text);
    let ran = site.run(&["check", "--format", "concise", "site.toml"]);
    assert!(ran.code == 1 && ran.out.contains("`../outside` cannot be the name of a class"), "{ran:?}");
    for arguments in [&["render", "--out", "out"][..], &["render", "--force", "--out", "out"]] {
        site.run(arguments);
        assert!(!site.path().join("outside").exists(), "{arguments:?}");
    }
}

#[test]
fn a_profile_of_no_known_kind_or_making_gets_no_other_advice() {
    for (key, place) in [("kind = \"gatewy\"", "2:8"), ("extends = 3", "2:11")] {
        let site = Site::new().with("site.toml", &format!("schema = 1\n{key}\n[gateway]\ncache_dir = \"/c\"\n"));
        let ran = site.run(&["check", "--format", "concise", "site.toml"]);
        assert_eq!(ran.out.lines().count(), 2, "{ran:?}");
        assert!(ran.out.starts_with(&format!("site.toml:{place}: error[SITE003]")), "{ran:?}");
    }
}

#[test]
fn a_served_profile_that_is_not_there_is_the_only_mistake() {
    let text = "schema = 1\nkind = \"gateway\"\nserves = [\"nosuch.toml\", \"site.toml\", \"site.toml\"]\n";
    let site = Site::new().with("site.toml", GOOD).with("gateway.toml", text);
    let ran = site.run(&["check", "--format", "concise", "gateway.toml"]);
    let found: Vec<&str> = ran.out.lines().filter(|line| line.contains("error[")).collect();
    assert!(found.len() == 1 && found[0].starts_with("gateway.toml:3:11: error[SITE012]"), "{ran:?}");
}
