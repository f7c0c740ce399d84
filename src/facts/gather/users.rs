//! Users that a profile names, and the names of those who own its paths.

use super::Described;
use super::program::NoAnswer;
use super::sight::Sight;
use crate::facts::{Facts, Nsswitch};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn find(sight: &Sight, described: Option<&Described>, facts: &mut Facts) {
    facts.nsswitch = sight.read("/etc/nsswitch.conf").ok().map(|text| Nsswitch::read(&text));
    let mut service = Service { sight, late: None };
    let passwd = Table::read(sight, "/etc/passwd");
    let group = Table::read(sight, "/etc/group");
    let of_paths = |number: fn(&crate::facts::Path) -> Option<u32>| {
        facts.paths.values().filter_map(number).collect::<BTreeSet<u32>>()
    };
    let (uids, gids) = (of_paths(|path| path.uid), of_paths(|path| path.gid));
    let users = service.names("passwd", &passwd, &uids);
    let groups = service.names("group", &group, &gids);
    for path in facts.paths.values_mut() {
        path.owner = path.uid.and_then(|uid| users.get(&uid).cloned());
        path.group = path.gid.and_then(|gid| groups.get(&gid).cloned());
    }
    for name in described.map(wanted).unwrap_or_default() {
        match passwd.numbers.get(&name).copied().map_or_else(|| service.number(&name), |number| Ok(Some(number))) {
            Ok(number) => drop(facts.users.insert(name, number)),
            Err(why) => drop(facts.unknown.insert(format!("users.{name}"), why)),
        }
    }
}

/// The users that own or run something.
fn wanted(described: &Described) -> BTreeSet<String> {
    let site = &described.site;
    let gateway = site.gateway.iter().map(|gateway| gateway.user.clone());
    let images = site.node.iter().filter_map(|node| node.images.owner.clone());
    let imported = site.node.iter().flat_map(|node| node.runtime.import_users.clone());
    gateway.chain(images).chain(imported).collect()
}

/// A file in the form of passwd(5) or group(5): names and their numbers.
struct Table {
    numbers: BTreeMap<String, u32>,
}

impl Table {
    fn read(sight: &Sight, file: &str) -> Self {
        let text = sight.read(file).unwrap_or_default();
        let mut numbers = BTreeMap::new();
        for line in text.lines() {
            let fields: Vec<&str> = line.split(':').collect();
            if let (Some(name), Some(Ok(number))) = (fields.first(), fields.get(2).map(|field| field.parse())) {
                numbers.entry((*name).to_owned()).or_insert(number);
            }
        }
        Self { numbers }
    }
}

/// The name service of the node, asked through getent(1). One that was late is not asked again.
struct Service<'s> {
    sight: &'s Sight,
    late: Option<String>,
}

impl Service<'_> {
    fn names(&mut self, database: &str, table: &Table, numbers: &BTreeSet<u32>) -> BTreeMap<u32, String> {
        let mut names = BTreeMap::new();
        for number in numbers {
            let known = table.numbers.iter().find(|(_, known)| *known == number).map(|(name, _)| name.clone());
            let asked = || {
                let line = self.ask(database, &number.to_string()).ok()??;
                line.split(':').next().map(str::to_owned)
            };
            names.extend(known.or_else(asked).map(|name| (*number, name)));
        }
        names
    }

    /// The number of a user; none where nobody has the name.
    fn number(&mut self, name: &str) -> Result<Option<u32>, String> {
        let line = self.ask("passwd", name)?;
        Ok(line.and_then(|line| line.split(':').nth(2)?.parse().ok()))
    }

    fn ask(&mut self, database: &str, key: &str) -> Result<Option<String>, String> {
        if let Some(why) = &self.late {
            return Err(why.clone());
        }
        match self.sight.run("getent", &["--", database, key]) {
            Ok(line) => Ok(Some(line)),
            // Status 2: the key is not there (getent(1)).
            Err(NoAnswer::Failed { .. }) => Ok(None),
            // Below a directory its own files are all there is.
            Err(NoAnswer::NotHere) => Ok(None),
            Err(why) => {
                self.late = Some(why.to_string());
                Err(why.to_string())
            }
        }
    }
}
