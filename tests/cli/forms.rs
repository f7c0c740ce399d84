//! The forms of output: they agree, they are valid, they show no secret.

use std::collections::BTreeSet;

use super::support::{GOOD, Site, broken, good_but, repository};

const FORMATS: [&str; 7] = ["human", "concise", "json", "sarif", "github", "gitlab", "junit"];

#[test]
fn a_form_of_output_changes_neither_the_findings_nor_the_exit_code() {
    let site = Site::new().with("good.toml", GOOD).with("broken.toml", &broken());
    for format in FORMATS {
        assert_eq!(site.run(&["check", "--format", format, "good.toml"]).code, 0, "{format}");
        let ran = site.run(&["check", "--format", format, "broken.toml"]);
        assert_eq!(ran.code, 1, "{format}: {ran:?}");
        assert!(ran.out.contains("SITE002") && ran.out.contains("paht"), "{format}: {ran:?}");
        assert_eq!(ran.err, "", "{format}");
    }
}

#[test]
fn the_forms_agree_on_code_file_and_line() {
    let site = Site::new().with("a.toml", &broken()).with("b.toml", &good_but("\"20s\"", "20"));
    let out = |format: &str| site.run(&["check", "--format", format, "a.toml", "b.toml"]).out;

    let json: serde_json::Value = serde_json::from_str(&out("json")).expect("JSON");
    let from_json: BTreeSet<String> = json["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| {
            let label = &finding["labels"][0];
            format!(
                "{} {} {}",
                finding["code"].as_str().unwrap(),
                label["file"].as_str().unwrap(),
                label["start"]["line"]
            )
        })
        .collect();
    assert_eq!(from_json.len(), 3, "{from_json:?}");

    let sarif: serde_json::Value = serde_json::from_str(&out("sarif")).expect("JSON");
    let from_sarif: BTreeSet<String> = sarif["runs"][0]["results"]
        .as_array()
        .expect("results")
        .iter()
        .map(|result| {
            let place = &result["locations"][0]["physicalLocation"];
            let file = place["artifactLocation"]["uri"].as_str().unwrap();
            format!("{} {file} {}", result["ruleId"].as_str().unwrap(), place["region"]["startLine"])
        })
        .collect();
    assert_eq!(from_json, from_sarif);

    let gitlab: serde_json::Value = serde_json::from_str(&out("gitlab")).expect("JSON");
    let from_gitlab: BTreeSet<String> = gitlab
        .as_array()
        .expect("issues")
        .iter()
        .map(|issue| {
            let at = &issue["location"];
            format!(
                "{} {} {}",
                issue["check_name"].as_str().unwrap(),
                at["path"].as_str().unwrap(),
                at["lines"]["begin"]
            )
        })
        .collect();
    assert_eq!(from_json, from_gitlab);

    let concise = out("concise");
    let from_concise: BTreeSet<String> = concise
        .lines()
        .filter(|line| line.contains("error["))
        .map(|line| {
            let mut parts = line.split(':');
            let (file, line_number) = (parts.next().unwrap(), parts.next().unwrap());
            let code = &line[line.find('[').unwrap() + 1..line.find(']').unwrap()];
            format!("{code} {file} {line_number}")
        })
        .collect();
    assert_eq!(from_json, from_concise);

    let github = out("github");
    assert_eq!(github.lines().filter(|line| line.starts_with("::error file=")).count(), 3, "{github}");
    let junit = out("junit");
    assert_eq!(junit.matches("<testcase ").count(), 3, "{junit}");
    assert!(!junit.contains("<e>"), "not escaped: {junit}");
}

#[test]
fn sarif_output_is_valid_sarif() {
    let schema = std::fs::read_to_string(repository().join("tests/data/sarif/sarif-schema-2.1.0.json")).unwrap();
    let mut schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    // The patterns of `language` have an unpaired bracket, which not every dialect of regular expressions takes; we
    // write no `language`.
    for object in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][object]["properties"]["language"];
        language.as_object_mut().expect("a property").remove("pattern");
    }
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let site = Site::new()
        .with("base.toml", "schema = 1\n[gateway]\nadmins = [\"root\"]\n")
        .with(
            "with blank.toml",
            &format!("extends = \"base.toml\"\n{}", good_but("[gateway]", "[gateway]\nadmins = [\"bob\"]\nnam = 1")),
        )
        .with("good.toml", GOOD);
    for files in [&["good.toml"][..], &["with blank.toml"], &["with blank.toml", "good.toml"]] {
        let ran = site.run(&[&["check", "--format", "sarif"], files].concat());
        let log: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
        let errors: Vec<String> = validator.iter_errors(&log).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
}

#[test]
fn json_output_fits_its_schema() {
    let schema: serde_json::Value =
        serde_json::from_str(&Site::new().run(&["schema", "--name", "finding"]).out).unwrap();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let site = Site::new().with("a.toml", &broken());
    let document = serde_json::from_str(&site.run(&["check", "--format", "json", "a.toml"]).out).expect("JSON");
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn a_secret_is_never_shown() {
    let inline =
        good_but("uri = \"mongodb://localhost/\"", "uri = \"mongodb://u:sw0rdfish@h/\"\npassword = \"hunter2\"\nx = 1");
    let syntax = format!("{inline}\n[gateway.broker\npassword = \"hunter2\"\n");
    let site = Site::new().with("inline.toml", &inline).with("syntax.toml", &syntax);
    for format in FORMATS {
        for file in ["inline.toml", "syntax.toml"] {
            let ran = site.run(&["check", "--format", format, file]);
            assert_eq!(ran.code, 1);
            assert!(!ran.out.contains("hunter2") && !ran.out.contains("sw0rdfish"), "{format} {file}: {}", ran.out);
        }
    }
}
