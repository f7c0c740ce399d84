//! What an image says about how it is run, from its configuration blob.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::RegistryError;
use crate::reference::Digest;
use shifter_formats::image::Platform;

/// The most strings of one kind, and the longest: Linux starts no program with a longer one
/// (`MAX_ARG_STRLEN`, execve(2)).
const STRINGS: usize = 16_384;
const STRING_BYTES: usize = 128 * 1024 - 1;

/// The run-time part of an image configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageConfig {
    /// `NAME=value`, in the image's order.
    pub env: Vec<String>,
    /// The program and its first arguments; `None` where the image names none.
    pub entrypoint: Option<Vec<String>>,
    /// Default arguments.
    pub cmd: Option<Vec<String>>,
    /// Absolute, or empty.
    pub workdir: String,
    /// `user[:group]` by name or number; never used to grant anything.
    pub user: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Paths the image declares as volumes.
    pub volumes: Vec<String>,
}

#[derive(Deserialize)]
struct RawConfig {
    #[serde(default)]
    os: Option<String>,
    #[serde(default)]
    architecture: Option<String>,
    #[serde(default)]
    variant: Option<String>,
    #[serde(default)]
    config: Option<RawRun>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct RawRun {
    env: Option<Vec<String>>,
    entrypoint: Option<Vec<String>>,
    cmd: Option<Vec<String>>,
    working_dir: Option<String>,
    user: Option<String>,
    labels: Option<BTreeMap<String, String>>,
    volumes: Option<BTreeMap<String, serde_json::Value>>,
}

/// Reads a configuration blob; the platform is `None` where it names none.
pub(crate) fn parse(bytes: &[u8]) -> Result<(ImageConfig, Option<Platform>), RegistryError> {
    let unusable = |what: String| RegistryError::Config { digest: Digest::of(bytes), what };
    let raw: RawConfig = serde_json::from_slice(bytes).map_err(|e| unusable(e.to_string()))?;
    let run = raw.config.unwrap_or_default();
    let config = ImageConfig {
        env: run.env.unwrap_or_default(),
        entrypoint: run.entrypoint.filter(|words| !words.is_empty()),
        cmd: run.cmd.filter(|words| !words.is_empty()),
        workdir: run.working_dir.unwrap_or_default(),
        user: run.user.unwrap_or_default(),
        labels: run.labels.unwrap_or_default(),
        volumes: run.volumes.unwrap_or_default().into_keys().collect(),
    };
    config.check().map_err(unusable)?;
    let platform = match (raw.os, raw.architecture) {
        (Some(os), Some(architecture)) if !os.is_empty() && !architecture.is_empty() => {
            Some(Platform { os, architecture, variant: raw.variant.filter(|text| !text.is_empty()) })
        }
        _ => None,
    };
    Ok((config, platform))
}

impl ImageConfig {
    /// Refuses what no program could be started with.
    fn check(&self) -> Result<(), String> {
        let words = |list: &Option<Vec<String>>| list.clone().unwrap_or_default();
        let lists = [
            ("Env", self.env.clone()),
            ("Entrypoint", words(&self.entrypoint)),
            ("Cmd", words(&self.cmd)),
            ("WorkingDir", vec![self.workdir.clone()]),
            ("User", vec![self.user.clone()]),
            ("Volumes", self.volumes.clone()),
        ];
        for (key, list) in lists {
            if list.len() > STRINGS {
                return Err(format!("{key} has more than {STRINGS} entries"));
            }
            for text in list {
                if text.contains('\0') {
                    return Err(format!("{key} holds a zero character"));
                }
                if text.len() > STRING_BYTES {
                    return Err(format!("an entry of {key} is longer than {STRING_BYTES} bytes"));
                }
            }
        }
        if self.labels.len() > STRINGS {
            return Err(format!("Labels has more than {STRINGS} entries"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_read() {
        let (config, platform) = parse(
            br#"{"os":"linux","architecture":"arm64","variant":"v8","config":{
            "Env":["A=b=c d"],"Entrypoint":["/e"],"Cmd":["x","y"],"WorkingDir":"/w","User":"1000:10",
            "Labels":{"k":"v"},"Volumes":{"/data":{}},"ExposedPorts":{}}}"#,
        )
        .unwrap();
        assert_eq!(platform.unwrap().to_string(), "linux/arm64/v8");
        let expected = ImageConfig {
            env: vec!["A=b=c d".into()],
            entrypoint: Some(vec!["/e".into()]),
            cmd: Some(vec!["x".into(), "y".into()]),
            workdir: "/w".into(),
            user: "1000:10".into(),
            labels: BTreeMap::from([("k".into(), "v".into())]),
            volumes: vec!["/data".into()],
        };
        assert_eq!(config, expected);
    }

    #[test]
    fn absent_and_null_are_the_same() {
        let (config, platform) = parse(br#"{"config":{"Env":null,"Labels":null,"Cmd":[]}}"#).unwrap();
        assert_eq!((config, platform), (ImageConfig::default(), None));
    }

    #[test]
    fn what_cannot_be_run_is_refused() {
        let text = |json: &str| parse(json.as_bytes()).unwrap_err().to_string();
        assert!(text("{").contains("EOF while parsing"));
        assert!(text(r#"{"config":{"Env":"A=b"}}"#).contains("invalid type"));
        assert!(text(r#"{"config":{"Env":["A=\u0000"]}}"#).contains("Env holds a zero character"));
        let long = format!(r#"{{"config":{{"Cmd":["{}"]}}}}"#, "x".repeat(STRING_BYTES + 1));
        assert!(text(&long).contains("longer than 131071 bytes"));
    }
}
