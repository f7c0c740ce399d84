//! Why a site cannot be rendered.

/// A value that the files of the target cannot hold, or a mistake of ours.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A value that the grammar of udiRoot.conf cannot hold.
    #[error("{file}: cannot write {value:?} to `{key}`: {why}")]
    Unprintable {
        /// The file.
        file: String,
        /// The key.
        key: String,
        /// The value.
        value: String,
        /// Why.
        why: String,
    },
    /// A key that the target does not know.
    #[error("{file}: Shifter {target} does not know `{key}`")]
    UnknownToTarget {
        /// The file.
        file: String,
        /// The key.
        key: String,
        /// The release.
        target: shifter_formats::Target,
    },
    /// A value that is none of those a key can have.
    #[error("`{key}` is `{value}`, expected {expected}")]
    BadValue {
        /// The key of the profile.
        key: String,
        /// What it holds.
        value: String,
        /// What it can hold.
        expected: String,
    },
    /// A secret that nobody revealed.
    #[error("the secret `{name}` was not revealed")]
    SecretUnknown {
        /// Its name; never its value.
        name: String,
    },
    /// A secret in a file that others read.
    #[error("{file}: the secret `{name}` stands in it {form}, and it is not marked secret")]
    SecretShown {
        /// The file.
        file: String,
        /// The secret's name; never its value.
        name: String,
        /// How it stands there.
        form: crate::secret::Form,
    },
    /// A file with secrets and a mode that lets others have them.
    #[error("{file}: it holds secrets and would have the mode {mode}: write 0640 or less at `install`")]
    SecretReadable {
        /// The file.
        file: String,
        /// Its mode.
        mode: crate::profile::section::scalar::Mode,
    },
    /// A script of the site that nobody read.
    #[error("`{file}` was not read")]
    FileUnknown {
        /// The file, as written.
        file: String,
    },
    /// A template that does not fit its values.
    #[error("cannot render {file}: {source}")]
    Template {
        /// The template.
        file: String,
        /// What minijinja says.
        source: minijinja::Error,
    },
}
