//! The language server, driven as an editor drives it: the real program, over its standard input and output.

#[path = "lsp/client.rs"]
mod client;
#[path = "lsp/features.rs"]
mod features;
#[path = "lsp/robustness.rs"]
mod robustness;
#[path = "lsp/secrets.rs"]
mod secrets;
