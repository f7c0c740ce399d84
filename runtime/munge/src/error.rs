//! What can go wrong with a credential, by the numbers of munge.h.

/// libmunge cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The library is not there.
    #[error("cannot open libmunge.so.2: install MUNGE")]
    Open(#[source] libloading::Error),
    /// It is there and lacks a function.
    #[error("libmunge.so.2 has no `{0}`")]
    Symbol(&'static str, #[source] libloading::Error),
}

/// A credential was not made or not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MungeError {
    /// The socket's path or the credential holds a NUL byte.
    #[error("{0} holds a NUL byte")]
    Nul(&'static str),
    /// The payload is longer than a C `int` counts.
    #[error("the payload has {0} bytes")]
    PayloadTooLong(usize),
    /// `munged` does not answer (6, 7).
    #[error("munged does not answer: {0}")]
    Unreachable(String),
    /// `munged` looked at the credential and refuses it.
    #[error("credential refused: {0}")]
    Refused(Refusal),
    /// Any other code, with libmunge's own words.
    #[error("munge error {code}: {text}")]
    Failed {
        /// `munge_err_t`.
        code: i32,
        /// `munge_strerror(3)`.
        text: String,
    },
}

/// Why `munged` refuses a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is no credential, or was made with another key or an unknown method (8-14).
    #[error("it is not valid here")]
    Invalid,
    /// Its time to live is over (15).
    #[error("it has expired")]
    Expired,
    /// It comes from the future: a clock is wrong (16).
    #[error("it comes from the future, check the clocks")]
    Rewound,
    /// It was used before (17).
    #[error("it was used before")]
    Replayed,
    /// It was made for another user or group (18).
    #[error("it was made for another user")]
    Unauthorized,
}

impl Refusal {
    /// The refusal of a `munge_err_t`, if that is what the code means.
    pub(crate) fn of(code: i32) -> Option<Self> {
        match code {
            8..=14 => Some(Self::Invalid),
            15 => Some(Self::Expired),
            16 => Some(Self::Rewound),
            17 => Some(Self::Replayed),
            18 => Some(Self::Unauthorized),
            _ => None,
        }
    }
}

impl MungeError {
    /// The error of a `munge_err_t` that is not success.
    pub(crate) fn of(code: i32, text: String) -> Self {
        match (code, Refusal::of(code)) {
            (6 | 7, _) => Self::Unreachable(text),
            (_, Some(refusal)) => Self::Refused(refusal),
            _ => Self::Failed { code, text },
        }
    }
}
