//! What an onlooker sees of a pull.

use shifter_gateway_types::rest::LayerProgress;

/// Where a pull is; the names are the states of the wire contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Manifest and layers come in.
    Pulling,
    /// The layers are read and judged.
    Examination,
    /// The squashfs is written.
    Conversion,
    /// The file is made durable.
    Transfer,
}

impl Phase {
    /// The state a record shows.
    pub fn state(self) -> &'static str {
        match self {
            Self::Pulling => "PULLING",
            Self::Examination => "EXAMINATION",
            Self::Conversion => "CONVERSION",
            Self::Transfer => "TRANSFER",
        }
    }
}

/// An onlooker. Its methods are called from the pull's own task and must not block.
pub trait Progress: Send + Sync {
    /// The pull has reached `phase`.
    fn phase(&self, phase: Phase);
    /// A line for people about what is being done.
    fn detail(&self, text: &str);
    /// `done` of `total` bytes of the present phase.
    fn bytes(&self, done: u64, total: Option<u64>);
    /// The layers that are to come, each once, in the image's order.
    fn layers(&self, _layers: &[LayerProgress]) {}
    /// So many bytes of one of them are here.
    fn layer(&self, _number: usize, _done: u64) {}
}

/// Nobody looks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn phase(&self, _: Phase) {}
    fn detail(&self, _: &str) {}
    fn bytes(&self, _: u64, _: Option<u64>) {}
}
