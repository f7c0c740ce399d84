//! The image gateway: pulls images from registries and keeps them for the machine.
//!
//! A request comes in through [`serve`], which knows who is at the other end, is led by [`router`]
//! to one file of `routes`, where [`auth`] finds out who is calling, and is answered by [`answer`] in
//! the bytes that clients since 16.08 parse. What it asks about is in the [`store`]. A pull becomes a
//! row there and then one of the [`jobs`], which has the image fetched and converted, puts it in place
//! ([`publish`]) and tells the store. A user's own archive comes in by `upload` and goes the same way,
//! and so does an image file of the host (`import`). What nobody uses
//! any more goes by `life`.
//!
//! [`mod@reference`] says what a name means, [`registry`] finds and fetches what it stands for,
//! [`convert`] makes it an image, [`pull`] is these three in their order.
//!
//! Nothing here runs as root unless the site wants it to, nothing is configured from anywhere but
//! `imagemanager.json` ([`config`]), and a killed process loses no pull it accepted.

pub mod adopt;
pub mod answer;
pub mod app;
pub mod args;
pub mod auth;
pub mod config;
pub mod convert;
pub mod daemon;
mod health;
mod import;
pub mod instance;
pub mod jobs;
mod known;
mod life;
mod log;
pub mod notify;
pub mod offline;
mod openapi;
pub mod publish;
pub mod pull;
mod record;
pub mod reference;
pub mod registry;
pub mod router;
mod routes;
pub mod serve;
mod status;
pub mod store;
pub mod time;
mod upload;
mod usage;
