//! The numbers of the simulation, each with its meaning.

use super::constants::{Constant, ConstantError, Table};
use super::simulate::Time;

/// What `measured.toml` tells, in the simulation's units. The comments are those of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub(super) width: u32,
    pub(super) hop: Time,
    pub(super) lag: Time,
    pub(super) gather: Time,
    pub(super) connections: u32,
    pub(super) query: Time,
    pub(super) original: Original,
    pub(super) native: Native,
    pub(super) new_kernel: Patience,
    pub(super) old_kernel: Patience,
    pub(super) cores: u32,
    pub(super) store: Store,
}

/// The original's part.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Original {
    pub(super) lookup: Time,
    pub(super) room: u32,
    pub(super) room_of_master: u32,
    pub(super) client: Time,
    pub(super) programs: u32,
    pub(super) program: Time,
}

/// This code's part.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Native {
    pub(super) room: u32,
    pub(super) servers: u32,
    pub(super) lookup: Time,
    pub(super) client: Time,
    pub(super) first: Time,
    pub(super) further: Time,
}

/// How long a kernel tries to connect.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Patience {
    pub(super) first: Time,
    pub(super) retries: u32,
}

/// The store of images.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Store {
    pub(super) requests: u32,
    pub(super) per_second: u32,
    pub(super) latency: Time,
    pub(super) read: u64,
    pub(super) stripe: u64,
}

impl Model {
    /// The model of these numbers, and the names of those that it does not use.
    ///
    /// # Errors
    /// When one is missing or has another unit.
    pub fn of(constants: &[Constant]) -> Result<(Self, Vec<String>), ConstantError> {
        let mut table = Table::new(constants);
        let model = Self {
            width: table.count("launch.width", "nodes")?,
            hop: table.milliseconds("launch.hop")?,
            lag: table.milliseconds("launch.lag")?,
            gather: table.milliseconds("gather.each")?,
            connections: table.count("directory.connections", "connections")?,
            query: table.milliseconds("directory.query")?,
            original: Original::of(&mut table)?,
            native: Native::of(&mut table)?,
            new_kernel: Patience {
                first: table.seconds("client.first_retry")?,
                retries: table.count("client.retries", "times")?,
            },
            old_kernel: Patience {
                first: table.seconds("client.old.first_retry")?,
                retries: table.count("client.old.retries", "times")?,
            },
            cores: table.count("node.cores", "processors")?,
            store: Store::of(&mut table)?,
        };
        let left = table.left().into_iter().map(str::to_owned).collect();
        Ok((model, left))
    }

    /// The model of the file alone.
    #[must_use]
    pub fn usual() -> &'static Self {
        static USUAL: std::sync::LazyLock<Model> = std::sync::LazyLock::new(|| {
            let constants = super::constants(&[]).expect("the file is part of the program, and tested");
            Model::of(&constants).expect("the file has all that the model uses").0
        });
        &USUAL
    }
}

impl Original {
    fn of(table: &mut Table) -> Result<Self, ConstantError> {
        Ok(Self {
            lookup: table.milliseconds("gateway.original.lookup")?,
            room: table.count("gateway.original.room", "connections")?,
            room_of_master: table.count("gateway.master.room", "connections")?,
            client: table.milliseconds("client.original")?,
            programs: table.count("node.original.programs", "programs")?,
            program: table.milliseconds("node.original.program")?,
        })
    }
}

impl Native {
    fn of(table: &mut Table) -> Result<Self, ConstantError> {
        Ok(Self {
            room: table.count("gateway.native.room", "connections")?,
            servers: table.count("gateway.native.servers", "processors")?,
            lookup: table.milliseconds("gateway.native.lookup")?,
            client: table.milliseconds("client.native")?,
            first: table.milliseconds("node.native.first")?,
            further: table.milliseconds("node.native.further")?,
        })
    }
}

impl Store {
    fn of(table: &mut Table) -> Result<Self, ConstantError> {
        Ok(Self {
            requests: table.count("store.requests", "requests")?,
            per_second: table.count("store.per_second", "requests")?,
            latency: table.milliseconds("store.latency")?,
            read: table.mebibytes("store.read")?,
            stripe: table.mebibytes("store.stripe")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Model;
    use crate::capacity::{Kind, constants};

    #[test]
    fn every_constant_is_used_and_has_a_source() {
        let constants = constants(&[]).expect("the file parses");
        let (_, left) = Model::of(&constants).expect("all that is used is there");
        assert_eq!(left, [""; 0], "nobody uses these");
        for constant in &constants {
            let (name, is_measured) = (&constant.name, matches!(constant.kind, Kind::Measured | Kind::Elsewhere));
            assert!(!constant.source.is_empty(), "{name}");
            let told = [&constant.date, &constant.machine, &constant.command].map(Option::is_some);
            assert_eq!(told, [is_measured; 3], "{name}: what is measured names day, machine and command");
        }
    }

    #[test]
    fn a_constant_that_is_told_replaces_the_files() {
        let told = constants(&[("store.per_second".to_owned(), 5.0)]).expect("one of the file's");
        let (model, _) = Model::of(&told).expect("a model");
        assert_eq!(model.store.per_second, 5);
        for (name, value, wanted) in [("store.x", 1.0, "no constant `store.x`"), ("store.read", 0.0, "above 0")] {
            let error = constants(&[(name.to_owned(), value)]).expect_err("refused");
            assert!(error.to_string().contains(wanted), "{error}");
        }
    }
}
