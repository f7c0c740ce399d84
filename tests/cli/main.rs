//! The program `shifter-site` as a user meets it: the real binary in a directory of profiles.

mod bundle;
mod capacity;
mod check;
mod doctor;
mod every_verb;
mod facts;
mod fix;
mod fmt;
mod forms;
mod import;
mod init;
mod layers;
mod loader;
mod manual;
mod migrate;
mod profiles;
mod render;
mod report;
mod secret_files;
mod secrets;
mod support;
mod usage;
mod verify;
mod versions;
mod why;
