//! The questions, in the order in which they are asked.

use super::{Answers, FileSystem, answer::absolute};
use crate::{
    profile::{preset, section::scalar::AbsPath},
    target::Target,
};

/// The answers so far.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) preset: Option<String>,
    pub(super) name: Option<String>,
    pub(super) shifter: Option<Target>,
    pub(super) os: Option<String>,
    pub(super) nodes: Option<u32>,
    pub(super) containers_per_node: Option<u32>,
    pub(super) file_systems: Option<Vec<FileSystem>>,
    pub(super) images: Option<AbsPath>,
    pub(super) gateways: Option<Vec<String>>,
    pub(super) gpus: Option<Vec<String>>,
    pub(super) assumed: Vec<&'static str>,
}

/// One question.
pub struct Question {
    /// Its name in a file of answers.
    pub key: &'static str,
    /// What is asked.
    pub ask: &'static str,
    /// The usual answer after those before it; nothing when somebody has to say.
    pub(super) usual: fn(&Draft) -> Option<String>,
    /// What stands for an answer where nobody can be asked and only the kind of machine is known: a value that could be,
    /// marked as no answer. Nothing where there is a usual one.
    pub(super) assumed: fn(&Draft) -> Option<String>,
    /// Takes an answer, or says what is wrong with it.
    pub(super) take: fn(&mut Draft, &str) -> Result<(), String>,
}

/// All questions.
pub const QUESTIONS: &[Question] = &[
    Question {
        key: "preset",
        ask: "What kind of machine (cray-xc, cray-xe, gpu, laptop, slurm-el)",
        usual: |_| Some("slurm-el".to_owned()),
        assumed: |_| None,
        take: |draft, text| {
            let known = preset::names().any(|name| name == text);
            let names = || preset::names().collect::<Vec<_>>().join(", ");
            draft.preset =
                Some(known.then(|| text.to_owned()).ok_or_else(|| format!("`{text}` is none of {}", names()))?);
            Ok(())
        },
    },
    Question {
        key: "name",
        ask: "The name of the system, as users call it",
        usual: |draft| draft.is("laptop").then(|| "laptop".to_owned()),
        assumed: |_| Some("cluster".to_owned()),
        take: |draft, text| {
            let rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
            let sound =
                text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()) && text.chars().all(rest);
            let why = || format!("`{text}` goes into addresses: write lower-case letters, digits, `.`, `_`, `-`");
            draft.name = Some(sound.then(|| text.to_owned()).ok_or_else(why)?);
            Ok(())
        },
    },
    Question {
        key: "shifter",
        ask: "The Shifter that is installed (native: that of this project; 16.08, 16.08-gpu, 17.04, 18.03, master)",
        usual: |draft| {
            let old = if draft.is("cray-xe") { "16.08" } else { "18.03" };
            Some(if draft.is_cray() { old } else { "native" }.to_owned())
        },
        assumed: |_| None,
        take: |draft, text| {
            draft.shifter = Some(text.parse::<Target>().map_err(|error| error.to_string())?);
            Ok(())
        },
    },
    Question {
        key: "os",
        ask: "The operating system of the nodes (cle5.2, cle6.0, el7, el8, el9, sles15, linux)",
        usual: |draft| {
            let usual = match draft.preset.as_deref()? {
                "cray-xe" => "cle5.2",
                "cray-xc" => "cle6.0",
                "laptop" => "linux",
                _ if draft.shifter == Some(Target::Native) => "el9",
                _ => "el7",
            };
            Some(usual.to_owned())
        },
        assumed: |_| None,
        take: |draft, text| {
            draft.os = Some(text.to_owned());
            Ok(())
        },
    },
    Question {
        key: "nodes",
        ask: "How many nodes run containers",
        usual: |draft| draft.is("laptop").then(|| "1".to_owned()),
        assumed: |draft| Some(if draft.is_cray() { "512" } else { "64" }.to_owned()),
        take: |draft, text| {
            draft.nodes = Some(count(text)?);
            Ok(())
        },
    },
    Question {
        key: "containers_per_node",
        ask: "How many containers a node starts at once, at most (one for each task of a job)",
        usual: |draft| Some(if draft.is("laptop") { "4" } else { "64" }.to_owned()),
        assumed: |_| None,
        take: |draft, text| {
            draft.containers_per_node = Some(count(text)?);
            Ok(())
        },
    },
    Question {
        key: "file_systems",
        ask: "The file systems of the nodes as PATH:TYPE, with :ro where users cannot write (/home:nfs4, /apps:nfs4:ro)",
        usual: |draft| draft.is("laptop").then(|| "/home:ext4".to_owned()),
        assumed: |_| Some("/home:nfs4, /scratch:lustre, /apps:nfs4:ro".to_owned()),
        take: |draft, text| {
            draft.file_systems = Some(words(text).map(str::parse).collect::<Result<_, _>>()?);
            Ok(())
        },
    },
    Question {
        key: "images",
        ask: "The directory of the images, which every node sees and users cannot write",
        usual: |draft| {
            let shared = draft.file_systems.iter().flatten().find(|one| !one.users_write);
            let shared = shared.map(|one| format!("{}/shifter/images", one.path));
            if draft.is("laptop") { Some("/var/lib/shifter/images".to_owned()) } else { shared }
        },
        assumed: |_| Some("/apps/shifter/images".to_owned()),
        take: |draft, text| {
            draft.images = Some(absolute(text)?);
            Ok(())
        },
    },
    Question {
        key: "gateways",
        ask: "The hosts that the image gateway runs on",
        usual: |draft| draft.is("laptop").then(String::new),
        assumed: |_| Some("gateway1, gateway2".to_owned()),
        take: |draft, text| {
            let hosts: Vec<String> = words(text).map(str::to_owned).collect();
            let sound = |host: &String| host.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
            if let Some(bad) = hosts.iter().find(|host| !sound(host)) {
                return Err(format!("`{bad}` is not the name of a host: write names alone, as head1, head2"));
            }
            if hosts.is_empty() && !draft.is("laptop") {
                return Err("name at least one host".to_owned());
            }
            draft.gateways = Some(hosts);
            Ok(())
        },
    },
    Question {
        key: "gpus",
        ask: "The vendors of the nodes' accelerators (nvidia, amd, intel; nothing for none)",
        usual: |draft| Some(if draft.is("gpu") { "nvidia" } else { "" }.to_owned()),
        assumed: |_| None,
        take: |draft, text| {
            let vendors: Vec<String> = words(text).map(str::to_owned).collect();
            if let Some(bad) = vendors.iter().find(|one| !["nvidia", "amd", "intel"].contains(&one.as_str())) {
                return Err(format!("`{bad}` is none of nvidia, amd, intel"));
            }
            if !vendors.is_empty() && draft.shifter != Some(Target::Native) {
                return Err("only `shifter = \"native\"` has modules for accelerators: leave it empty".to_owned());
            }
            draft.gpus = Some(vendors);
            Ok(())
        },
    },
];

impl Draft {
    fn is(&self, preset: &str) -> bool {
        self.preset.as_deref() == Some(preset)
    }

    fn is_cray(&self) -> bool {
        self.is("cray-xc") || self.is("cray-xe")
    }

    /// The answers, once every question is answered.
    pub(super) fn complete(self) -> Option<Answers> {
        Some(Answers {
            preset: self.preset?,
            name: self.name?,
            shifter: self.shifter?,
            os: self.os?,
            nodes: self.nodes?,
            containers_per_node: self.containers_per_node?,
            file_systems: self.file_systems?,
            images: self.images?,
            gateways: self.gateways?,
            gpus: self.gpus?,
            assumed: self.assumed,
        })
    }
}

fn count(text: &str) -> Result<u32, String> {
    text.parse().ok().filter(|count| *count > 0).ok_or_else(|| format!("`{text}` is not a number of one or more"))
}

/// What commas and blanks separate.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ' ']).filter(|word| !word.is_empty())
}
