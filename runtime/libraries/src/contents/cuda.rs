//! The version of CUDA: what the toolkit says in a file of its own, else the runtime libraries that are there.
//!
//! NVIDIA's toolkits have `version.json` (11.1 and later) or `version.txt` in the directory they are installed in, as
//! `/usr/local/cuda-12.2`; Python packages bring `libcudart.so.12` alone.

use serde_json::Value;

/// What was found of CUDA.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cuda {
    /// What toolkits say; the newest counts.
    told: Option<Version>,
    /// By the names of runtime libraries; the newest and longest counts.
    named: Option<Version>,
}

/// The numbers of a version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Version(Vec<u32>);

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let numbers: Result<Vec<u32>, _> = text.split('.').map(str::parse).collect();
        numbers.ok().filter(|numbers| (1..=4).contains(&numbers.len())).map(Self)
    }
}

/// Whether a file is a toolkit's word about itself.
pub(super) fn wants(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let (name, directory) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    matches!(name, "version.json" | "version.txt") && directory.starts_with("cuda")
}

impl Cuda {
    /// A toolkit's word about itself.
    pub(super) fn told(&mut self, path: &str, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        let version = if path.ends_with(".json") {
            let value = serde_json::from_str::<Value>(&text).unwrap_or_default();
            value.pointer("/cuda/version").and_then(Value::as_str).and_then(Version::parse)
        } else {
            text.trim().strip_prefix("CUDA Version ").and_then(Version::parse)
        };
        self.told = self.told.take().max(version);
    }

    /// `libcudart.so.12.2.140`, `libcudart-d0da41ae.so.11.0`.
    pub(super) fn name(&mut self, name: &str) {
        let is_runtime = name.starts_with("libcudart.") || name.starts_with("libcudart-");
        let Some((_, version)) = name.split_once(".so.").filter(|_| is_runtime) else { return };
        self.named = self.named.take().max(Version::parse(version));
    }

    pub(super) fn version(&self) -> Option<String> {
        let Version(numbers) = self.told.as_ref().or(self.named.as_ref())?;
        Some(numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join("."))
    }
}
