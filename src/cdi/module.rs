//! The module that a driver becomes, written for udiRoot.conf or for a profile.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use shifter_formats::Target;
use shifter_formats::env::Assignment;
use shifter_formats::udiroot::{Conf, ModuleConf, ModuleName, PathPattern};
use shifter_formats::volume::{Author, VolumeMap};

use super::{CdiError, Driver};

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `module_NAME_*` of the native udiRoot.conf.
    UdiRoot,
    /// `[module.NAME]` of a profile.
    Profile,
}

/// A module of a driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module<'d> {
    /// The name that users write.
    pub name: &'d str,
    /// The directory of containers that gets the driver's libraries and programs.
    pub target: &'d str,
    /// What the node has.
    pub driver: &'d Driver,
}

impl Module<'_> {
    /// Writes it. The same driver gives the same text.
    ///
    /// # Errors
    /// Names and paths that udiRoot.conf cannot hold.
    pub fn write(&self, form: Form) -> Result<String, CdiError> {
        // Both forms hold what the reader of udiRoot.conf takes.
        let lines = self.lines()?;
        Ok(match form {
            Form::UdiRoot => lines,
            Form::Profile => self.layer(),
        })
    }

    /// Each mount: the file on the host, and its place in containers.
    fn mounts(&self) -> BTreeSet<(String, String)> {
        let driver = self.driver;
        let mut mounts = BTreeSet::new();
        for library in &driver.libraries {
            let directory = directory(library.bits);
            let at = library.names.iter().map(|name| format!("{}/{directory}/{name}", self.target));
            mounts.extend(at.map(|at| (library.path.clone(), at)));
        }
        for program in &driver.programs {
            mounts.insert((program.clone(), format!("{}/bin/{}", self.target, super::edits::file_name(program))));
        }
        mounts.extend(driver.files.iter().map(|file| (file.path.clone(), file.at.clone())));
        // Of two files at one place the first stays, as the loader takes the first.
        let mut places = BTreeSet::new();
        mounts.retain(|(_, at)| places.insert(at.clone()));
        mounts
    }

    /// Directories before `LD_LIBRARY_PATH` and `PATH`.
    fn prepended(&self) -> Vec<(&'static str, Vec<String>)> {
        let lengths: BTreeSet<u8> = self.driver.libraries.iter().map(|library| library.bits).collect();
        let libraries = lengths.into_iter().rev().map(|bits| format!("{}/{}", self.target, directory(bits))).collect();
        let programs = if self.driver.programs.is_empty() { Vec::new() } else { vec![format!("{}/bin", self.target)] };
        let all: [(&'static str, Vec<String>); 2] = [("LD_LIBRARY_PATH", libraries), ("PATH", programs)];
        all.into_iter().filter(|(_, directories)| !directories.is_empty()).collect()
    }

    fn lines(&self) -> Result<String, CdiError> {
        let name = ModuleName::parse(self.name).map_err(|fault| line("module", self.name, &fault))?;
        let mut devices = Vec::new();
        for device in &self.driver.devices {
            devices.push(
                PathPattern::parse(device)
                    .ok_or_else(|| line("devices", device, &"it is no absolute path of its own"))?,
            );
        }
        let mut site_fs = VolumeMap::default();
        for (from, to) in self.mounts() {
            let text = format!("{from}:{to}:ro");
            let mut parsed = VolumeMap::parse(&text, Author::Site).map_err(|faults| {
                let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
                line("siteFs", &text, &faults.join(", "))
            })?;
            site_fs.entries.append(&mut parsed.entries);
        }
        let prepended = self.prepended();
        let prepend = prepended.iter().map(|(name, directories)| Assignment::new(*name, directories.join(":")));
        let module = ModuleConf {
            devices,
            site_fs,
            site_env: self.driver.env.iter().map(|(name, value)| Assignment::new(name, value)).collect(),
            site_env_prepend: prepend.collect(),
            ..ModuleConf::default()
        };
        let conf = Conf { modules: vec![(name, module)], ..Conf::default() };
        let text = conf.try_print(Target::Native, "").map_err(|found| {
            let first = found.first().map(ToString::to_string).unwrap_or_default();
            line("udiRoot.conf", self.name, &first)
        })?;
        // A line that is continued has others after it; there is nothing else but comments.
        let is_said = |line: &&str| !line.is_empty() && !line.starts_with('#');
        Ok(text.lines().filter(is_said).fold(String::new(), |text, line| text + line + "\n"))
    }

    fn layer(&self) -> String {
        let mut out = String::new();
        if let ("nvidia", Some(version)) = (self.driver.vendor.as_str(), &self.driver.version) {
            let _ = write!(out, "[gpu.nvidia]\ndriver = {}\n\n", quoted(version));
        }
        let _ = writeln!(out, "[module.{}]", self.name);
        list(&mut out, "devices", self.driver.devices.iter().map(|device| quoted(device)));
        let mount = |(from, to): (String, String)| {
            format!("{{ source = {}, target = {}, options = [\"ro\"] }}", quoted(&from), quoted(&to))
        };
        list(&mut out, "filesystem", self.mounts().into_iter().map(mount));
        for (name, value) in &self.driver.env {
            let _ = writeln!(out, "env.set.{name} = {}", quoted(value));
        }
        for (name, directories) in self.prepended() {
            list(&mut out, &format!("env.prepend.{name}"), directories.iter().map(|directory| quoted(directory)));
        }
        out
    }
}

fn directory(bits: u8) -> &'static str {
    if bits == 32 { "lib" } else { "lib64" }
}

fn list(out: &mut String, key: &str, values: impl Iterator<Item = String>) {
    let values: Vec<String> = values.collect();
    match values.as_slice() {
        [] => {}
        [one] => drop(writeln!(out, "{key} = [{one}]")),
        all => drop(writeln!(out, "{key} = [\n  {},\n]", all.join(",\n  "))),
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn line(key: &'static str, value: &str, why: &impl ToString) -> CdiError {
    CdiError::Line { key, value: value.to_owned(), why: why.to_string() }
}
