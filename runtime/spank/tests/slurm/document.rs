//! The scripts of docs/slurm.md print what the document says.

use std::fs;

use crate::ground::{PREFIX, at};
use crate::images;
use crate::inside::with_cluster;

const DOCUMENT: &str = include_str!("../../../../docs/slurm.md");

/// Each script with what it prints.
fn scripts() -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    let mut rest = DOCUMENT;
    while let Some((_, after)) = rest.split_once("\n```sh ") {
        let (script, behind) = after.split_once("\n```\n").expect("the script ends");
        let (_, output) = behind.split_once("```text\n").expect("an output");
        let (output, behind) = output.split_once("```\n").expect("the output ends");
        found.push((script.split_once('\n').expect("a name").1, output));
        rest = behind;
    }
    found
}

#[test]
fn the_scripts_of_the_document_print_what_it_says() {
    with_cluster(|cluster| {
        images::publish("ubuntu", "24.04", &[]);
        images::publish("tools", "2", &[]);
        fs::write(at("scratch/in/greeting"), "hello from ubuntu:24.04\n").expect("written");
        let client = format!("{PREFIX}/bin/shifterimg");
        for image in ["ubuntu:24.04", "tools:2"] {
            cluster.as_alice(&[&client, "pull", image]).ok();
        }
        let scripts = scripts();
        assert_eq!(scripts.len(), 2);
        for (script, output) in scripts {
            let job = cluster.sbatch(&[], script).job();
            assert_eq!(cluster.output(&job), output, "{script}\n{}", crate::cluster::logs());
        }
    });
}
